using System.Globalization;

namespace RaftStream.Model;

/// <summary>Names one topic for ever: a topic re-created under the same name gets another id (KIP-516, R-10.6).</summary>
public readonly record struct TopicId(Guid Value)
{
    /// <summary>Not a topic: "look it up by name".</summary>
    public static readonly TopicId None;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D", CultureInfo.InvariantCulture);
}

/// <summary>One partition of one topic incarnation; what storage and replication go by.</summary>
public readonly record struct TopicPartition(TopicId TopicId, int Partition)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TopicId}-{Partition}");
}

/// <summary>The rules for topic names, which are Kafka's.</summary>
public static class TopicName
{
    /// <summary>Longest allowed name, characters: with the partition number it must fit a folder name.</summary>
    public const int MaxLength = 249;

    /// <summary>Says what is wrong with <paramref name="name"/>; null when it is a legal topic name.</summary>
    public static string? Problem(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "The topic name is empty.";
        }

        if (name is "." or "..")
        {
            return "The topic name cannot be \".\" or \"..\".";
        }

        if (name.Length > MaxLength)
        {
            return string.Create(CultureInfo.InvariantCulture, $"The topic name has {name.Length} characters; at most {MaxLength} are allowed.");
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return $"The topic name \"{name}\" may hold only ASCII letters, digits, '.', '_' and '-'.";
            }
        }

        return null;
    }
}
