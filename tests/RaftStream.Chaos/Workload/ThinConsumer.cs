using System.Collections.Immutable;
using Grpc.Core;
using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Client.V1;

namespace RaftStream.Chaos.Workload;

/// <summary>A thin gRPC client that reads one partition by single fetches, from the start on.</summary>
/// <param name="anyBroker">Leaves it to the brokers to find the leader.</param>
internal sealed class ThinConsumer(
    string process, ThinChannels channels, NamedPartition partition, HistoryRecorder history, bool isFinal = false, bool anyBroker = false)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private string? _target;

    /// <summary>Offset of the next fetch.</summary>
    public long Position { get; private set; }

    /// <summary>Reads until it is enough.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            if (await FetchAsync() is not > 0)
            {
                await Pace.WaitAsync(Pause, enough);
            }
        }
    }

    /// <summary>One fetch at the position, which moves on.</summary>
    /// <returns>Records that came; null on failure.</returns>
    public async Task<int?> FetchAsync()
    {
        var poll = new PollOperation(partition, [], isFinal) { Process = process, Invoked = history.Now };
        try
        {
            _target ??= await channels.FindTargetAsync(partition, anyBroker);
            if (_target is null)
            {
                return null;
            }

            var request = new FetchRequest
            {
                Partitions = { new FetchPartition { Topic = new TopicRef { Name = partition.Topic }, Partition = partition.Partition, FetchOffset = Position } },
                MaxWaitMs = 200,
                Format = RecordFormat.Records,
            };
            FetchResponse answer = await channels.LogOf(_target).FetchAsync(request, deadline: DateTime.UtcNow + Patience);
            PartitionRecords records = answer.Partitions[0];
            if (records.Error is { } error)
            {
                _target = null;
                history.Add(poll with { Completed = history.Now, Outcome = Outcome.Fail, Error = $"{error.Name}: {error.Message}" });
                return null;
            }

            if (records.Records.Count > 0)
            {
                ImmutableArray<Seen> seen = [.. records.Records.Select(record => new Seen(record.Offset, Value.TryParse(record.Value.Span)))];
                history.Add(poll with { Records = seen, Completed = history.Now, Outcome = Outcome.Ok, LeaderEpoch = records.LeaderEpoch });
                Position = seen[^1].Offset + 1;
            }

            return records.Records.Count;
        }
        catch (RpcException)
        {
            _target = null;
            return null;
        }
    }
}
