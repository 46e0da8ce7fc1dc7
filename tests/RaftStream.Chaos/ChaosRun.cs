using RaftStream.Chaos.Clusters;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Nemeses;
using RaftStream.Chaos.Workload;
using RaftStream.Client;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Chaos;

/// <summary>One run: topics, workload, faults; then healing, recovery, and the reading of everything.</summary>
internal sealed class ChaosRun(ICluster cluster, INemesis? nemesis, ChaosOptions options, Action<string> say)
{
    private const int FirstThinProducer = 1_000_000;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private readonly HistoryRecorder _history = new();

    /// <summary>Lives it.</summary>
    /// <param name="cancellationToken">Ends the faults early; what happened until then is checked all the same.</param>
    public async Task<History> RunAsync(CancellationToken cancellationToken)
    {
        await using var client = new RaftStreamClient(
            new RaftStreamClientOptions { BootstrapEndpoints = cluster.Bootstrap, OperationTimeout = TimeSpan.FromSeconds(20), RequestTimeout = TimeSpan.FromSeconds(5) });
        await using var channels = new ThinChannels(cluster.Bootstrap);
        IReadOnlyList<NamedPartition> partitions = await CreateTopicsAsync(client);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] work = [.. StartWorkload(channels, partitions, enough.Token)];
        say($"{work.Length} clients at work on {partitions.Count} partitions, seed {options.Seed}");

        using (var faults = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            faults.CancelAfter(options.Duration);
            await StrikeAsync(new NemesisContext(cluster, client, partitions, new Prng(options.Seed), _history) { Say = say, IsDiskVolatile = options.Flush == "commit" }, faults.Token);
        }

        say("healed; waiting until all nodes are ready");
        await WaitReadyAsync();
        await Pace.WaitAsync(Calm, cancellationToken);
        var final = new FinalPhase(channels, partitions, options, _history);
        await final.RecoverAsync();
        await Pace.WaitAsync(Calm, cancellationToken);
        await enough.CancelAsync();
        await Task.WhenAll(work);
        say("reading everything from the start");
        await final.ReadAsync();
        if (options.DeleteTopics)
        {
            await DeleteTopicsAsync(client);
        }

        return _history.ToHistory(options.LongestFailover, isIdempotent: !options.LeaderAcks, needsFault: nemesis is not null);
    }

    private async Task WaitReadyAsync()
    {
        var ready = new ReadinessOperation { Process = "final", Invoked = _history.Now };
        try
        {
            await cluster.WaitReadyAsync(CancellationToken.None);
            _history.Add(ready with { Completed = _history.Now, Outcome = Outcome.Ok });
        }
        catch (ClusterException exception)
        {
            _history.Add(ready with { Completed = _history.Now, Outcome = Outcome.Fail, Error = exception.Message });
        }
    }

    private async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        await Pace.WaitAsync(context.Between(1, 2), enough);
        while (!enough.IsCancellationRequested)
        {
            if (nemesis is not null)
            {
                try
                {
                    await nemesis.StrikeAsync(context, enough);
                }
                catch (ClusterException exception)
                {
                    say($"the cluster does not recover: {exception.Message}");
                    return; // What can still be read tells more than another fault.
                }
            }

            await Pace.WaitAsync(context.Between(1, 5), enough);
        }
    }

    private async Task<IReadOnlyList<NamedPartition>> CreateTopicsAsync(RaftStreamClient client)
    {
        var configs = new Dictionary<string, string> { ["flush"] = options.Flush };
        if (options.MinInsyncReplicas > 1)
        {
            configs["min.insync.replicas"] = options.MinInsyncReplicas.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        IReadOnlyList<TopicOutcome> outcomes = await client.Admin.CreateTopicsAsync(options.TopicNames.Select(
            name => new TopicSpec { Name = name, Partitions = options.Partitions, ReplicationFactor = options.ReplicationFactor, Configs = configs }));
        foreach (TopicOutcome outcome in outcomes)
        {
            outcome.ThrowIfFailed();
        }

        return [.. options.TopicNames.SelectMany(name => Enumerable.Range(0, options.Partitions).Select(number => new NamedPartition(name, number)))];
    }

    private async Task DeleteTopicsAsync(RaftStreamClient client)
    {
        IEnumerable<string> ours = (await client.Admin.ListTopicsAsync()).Select(topic => topic.Name).Where(name => name.StartsWith($"{options.TopicPrefix}-", StringComparison.Ordinal));
        await client.Admin.DeleteTopicsAsync(ours);
    }

    private IEnumerable<Task> StartWorkload(ThinChannels channels, IReadOnlyList<NamedPartition> partitions, CancellationToken enough)
    {
        // A broken promise to be found: the history says that everyone waited for all.
        ProducerAcks acks = options.LeaderAcks ? ProducerAcks.Leader : ProducerAcks.All;
        Acks thinAcks = options.LeaderAcks ? Acks.Leader : Acks.All;
        for (int number = 0; number < options.Producers; number++)
        {
            yield return new SdkProducer(number, cluster.Bootstrap, partitions, options, acks, _history).RunAsync(enough);
        }

        for (int number = 0; number < options.Consumers; number++)
        {
            yield return new SdkConsumer(number, cluster.Bootstrap, partitions, TimeSpan.FromSeconds(10 * (number + 1)), _history).RunAsync(enough);
        }

        foreach ((NamedPartition partition, int index) in partitions.Select((partition, index) => (partition, index)))
        {
            // Half of them know who leads, the others leave that to the brokers.
            bool anyBroker = index % 2 == 1;
            yield return new ThinProducer(FirstThinProducer + index, channels, partition, options, thinAcks, _history, anyBroker).RunAsync(enough);
            yield return new ThinConsumer("thin-consumer", channels, partition, _history, isFinal: false, !anyBroker).RunAsync(enough);
        }

        foreach ((string broker, int index) in cluster.Bootstrap.Select((broker, index) => (broker, index)))
        {
            yield return new MetadataClient(index, channels, broker, options, _history).RunAsync(enough);
        }

        yield return new OffsetWatcher(channels, cluster.Bootstrap, partitions, _history).RunAsync(enough);
    }
}
