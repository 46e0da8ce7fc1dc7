using System.Text;
using RaftStream.Broker;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Exchanges;

/// <summary>A topic as a request names it: by name, or in later versions by id (KIP-516). Looks up without allocating.</summary>
internal readonly ref struct TopicKey
{
    /// <summary>Room for the longest legal name: a longer one names no topic.</summary>
    public const int MaxNameBytes = TopicName.MaxLength;

    private readonly ReadOnlySpan<byte> _nameUtf8;
    private readonly TopicId _id;

    private TopicKey(ReadOnlySpan<byte> nameUtf8, TopicId id)
    {
        _nameUtf8 = nameUtf8;
        _id = id;
    }

    /// <summary>A topic by its name.</summary>
    /// <param name="buffer">At least <see cref="MaxNameBytes"/>; the key's as long as it lives.</param>
    public static TopicKey ByName(string name, Span<byte> buffer) =>
        new(Encoding.UTF8.TryGetBytes(name, buffer, out int length) ? buffer[..length] : default, TopicId.None);

    /// <summary>A topic by its id.</summary>
    public static TopicKey ById(Guid id) => new(default, new TopicId(id));

    /// <summary>By id when <paramref name="byId"/>, else by name.</summary>
    /// <param name="buffer">At least <see cref="MaxNameBytes"/>; the key's as long as it lives.</param>
    public static TopicKey Of(bool byId, string name, Guid id, Span<byte> buffer) => byId ? ById(id) : ByName(name, buffer);

    /// <summary>Finds a partition that this broker has.</summary>
    /// <param name="byId">The request names topics by id: what is unknown is told so.</param>
    /// <param name="why">A sentence for people; null without one.</param>
    public ErrorCode Find(BrokerApi api, bool byId, int partition, out BrokerPartition found, out string? why)
    {
        found = default;
        why = null;
        if (_nameUtf8.IsEmpty && _id == TopicId.None)
        {
            return byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
        }

        if (api.TryFind(_nameUtf8, _id, partition, out found, out OperationError? error))
        {
            return ErrorCode.None;
        }

        why = error!.Message;
        return PartitionErrors.ToClient(error.Code);
    }

    /// <summary>Who leads a partition, as far as this broker knows; null when nobody does, or there is no such partition.</summary>
    public BrokerRegistration? FindLeader(BrokerApi api, int partition, out LeaderEpoch epoch)
    {
        epoch = LeaderEpoch.Unknown;
        if (_nameUtf8.IsEmpty && _id == TopicId.None)
        {
            return null;
        }

        BrokerRegistration? leader = api.FindLeader(_nameUtf8, _id, partition, out var found);
        epoch = found.Epoch;
        return leader;
    }
}

/// <summary>Errors about one partition as Kafka's clients know them.</summary>
internal static class PartitionErrors
{
    /// <summary>
    /// What a client is told. A partition without a leader is "not here": LEADER_NOT_AVAILABLE belongs to Metadata, and a Java consumer that
    /// meets it in a Fetch gives up.
    /// </summary>
    public static ErrorCode ToClient(ErrorCode error) => error == ErrorCode.LeaderNotAvailable ? ErrorCode.NotLeaderOrFollower : error;
}
