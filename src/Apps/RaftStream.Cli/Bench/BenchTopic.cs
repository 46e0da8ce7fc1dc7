using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Bench;

/// <summary>The topic of one benchmark: somebody's, which stays, or a new one, which goes.</summary>
internal sealed class BenchTopic : IAsyncDisposable
{
    private readonly Admin? _deleteWith;

    private BenchTopic(string name, int partitions, Admin? deleteWith)
    {
        Name = name;
        Partitions = partitions;
        _deleteWith = deleteWith;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How many partitions it has.</summary>
    public int Partitions { get; }

    /// <summary>Finds or creates it.</summary>
    /// <exception cref="RaftStreamException">The named topic does not exist, or the new one cannot be created.</exception>
    public static async Task<BenchTopic> PrepareAsync(
        RaftStreamClient client, BenchPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Topic is { } existing)
        {
            TopicDescription found = await client.Admin.DescribeTopicAsync(
                existing, cancellationToken).ConfigureAwait(false);
            return new BenchTopic(existing, found.Partitions.Count, deleteWith: null);
        }

        string name = $"bench-{Guid.NewGuid():N}"[..18];
        var configs = new Dictionary<string, string>();
        if (plan.Flush is { } flush)
        {
            configs["flush"] = flush;
        }

        var spec = new TopicSpec
        {
            Name = name,
            Partitions = plan.Partitions,
            Configs = configs,
        };
        IReadOnlyList<TopicOutcome> outcomes = await client.Admin.CreateTopicsAsync(
            [spec], validateOnly: false, cancellationToken).ConfigureAwait(false);
        outcomes[0].ThrowIfFailed();
        return new BenchTopic(name, plan.Partitions, plan.KeepTopic ? null : client.Admin);
    }

    /// <summary>Deletes the topic if it was made here.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_deleteWith is null)
        {
            return;
        }

        try
        {
            await _deleteWith.DeleteTopicAsync(Name).ConfigureAwait(false);
        }
        catch (RaftStreamException exception) when (exception.Code == ErrorCode.UnknownTopicOrPartition)
        {
            // Somebody was faster.
        }
    }
}
