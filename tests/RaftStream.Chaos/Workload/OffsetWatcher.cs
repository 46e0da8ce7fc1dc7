using System.Collections.Immutable;
using Grpc.Core;
using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Client.V1;

namespace RaftStream.Chaos.Workload;

/// <summary>Asks for the ends of all partitions, and each broker who leads them, again and again.</summary>
internal sealed class OffsetWatcher(ThinChannels channels, IReadOnlyList<string> bootstrap, IReadOnlyList<NamedPartition> partitions, HistoryRecorder history)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks until it is enough.</summary>
    public Task RunAsync(CancellationToken enough) => Task.WhenAll(
        [.. partitions.Select(partition => WatchEndsAsync(partition, enough)), .. bootstrap.Select(broker => WatchLeadersAsync(broker, enough))]);

    private async Task WatchEndsAsync(NamedPartition partition, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await AskAsync(partition, LogEnd.Latest);
            await AskAsync(partition, LogEnd.Earliest);
            await Pace.WaitAsync(Pause, enough);
        }
    }

    private async Task AskAsync(NamedPartition partition, LogEnd end)
    {
        var ask = new ListOffsetOperation(partition, end) { Process = $"ends-{partition}", Invoked = history.Now };
        try
        {
            string? leader = await channels.FindLeaderAsync(partition, CancellationToken.None);
            if (leader is null)
            {
                return;
            }

            var request = new ListOffsetsRequest
            {
                Partitions =
                {
                    new ListOffsetsPartition
                    {
                        Topic = new TopicRef { Name = partition.Topic }, Partition = partition.Partition, TimestampMs = end == LogEnd.Latest ? -1 : -2,
                    },
                },
            };
            ListOffsetsResponse answer = await channels.LogOf(leader).ListOffsetsAsync(request, deadline: DateTime.UtcNow + Patience);
            ListedOffset offset = answer.Partitions[0];
            history.Add(offset.Error is null
                ? ask with { Completed = history.Now, Outcome = Outcome.Ok, Offset = offset.Offset, LeaderEpoch = offset.LeaderEpoch }
                : ask with { Completed = history.Now, Outcome = Outcome.Fail, Error = offset.Error.Name });
        }
        catch (RpcException exception)
        {
            history.Add(ask with { Completed = history.Now, Outcome = Outcome.Fail, Error = $"{exception.StatusCode}" });
        }
    }

    private async Task WatchLeadersAsync(string broker, CancellationToken enough)
    {
        var known = new Dictionary<NamedPartition, (int Leader, int Epoch, int PartitionEpoch)>();
        while (!enough.IsCancellationRequested)
        {
            long invoked = history.Now;
            try
            {
                GetMetadataResponse answer = await channels.AdminOf(broker).GetMetadataAsync(
                    new GetMetadataRequest(), deadline: DateTime.UtcNow + Patience, cancellationToken: CancellationToken.None);
                foreach ((NamedPartition name, Partition partition) in answer.Topics.SelectMany(
                    topic => topic.Partitions.Select(one => (new NamedPartition(topic.Topic_.Name, one.Partition_), one))))
                {
                    (int, int, int) state = (partition.Leader, partition.LeaderEpoch, partition.PartitionEpoch);
                    if (partitions.Contains(name) && (!known.TryGetValue(name, out (int, int, int) before) || before != state))
                    {
                        known[name] = state;
                        ImmutableArray<int> replicas = [.. partition.Replicas];
                        history.Add(new LeaderOperation(name, partition.Leader, partition.LeaderEpoch, replicas, [.. partition.Isr])
                        {
                            Process = $"metadata of {broker}",
                            Invoked = invoked,
                            Completed = history.Now,
                            Outcome = Outcome.Ok,
                        });
                    }
                }
            }
            catch (RpcException)
            {
                // This broker is not there at the moment: another one tells.
            }

            await Pace.WaitAsync(Pause, enough);
        }
    }
}
