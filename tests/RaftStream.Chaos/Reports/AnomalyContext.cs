using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>What else went on where and when something was wrong.</summary>
internal static class AnomalyContext
{
    private const long AroundNs = 500_000_000;
    private const int MostOperations = 40;
    private const int MostLines = 60;

    /// <summary>Operations on the same partition, and faults, around those of the anomaly.</summary>
    public static IReadOnlyList<Operation> Operations(History history, Anomaly anomaly)
    {
        if (anomaly.Operations.IsEmpty)
        {
            return [];
        }

        // Around the last one: an early operation is often only the witness of what was true once.
        Operation last = anomaly.Operations.MaxBy(operation => operation.Invoked)!;
        return [.. history.All.Where(operation => IsOn(operation, anomaly) && operation.Invoked <= last.Invoked + AroundNs && operation.Completed >= last.Invoked - AroundNs)
            .OrderBy(operation => Math.Abs(operation.Invoked - last.Invoked)).Take(MostOperations)
            .Union(anomaly.Operations.Take(MostOperations)).OrderBy(operation => operation.Invoked)];
    }

    /// <summary>What the nodes said around the operations of the anomaly.</summary>
    public static IReadOnlyList<string> Lines(History history, Anomaly anomaly, NodeLogs logs) =>
    [
        .. anomaly.Operations.Take(2).SelectMany(operation => logs.Between(
            history.Began.AddMilliseconds((operation.Invoked - AroundNs) / 1e6), history.Began.AddMilliseconds((operation.Invoked + AroundNs) / 1e6))).Distinct().Take(MostLines),
    ];

    private static bool IsOn(Operation operation, Anomaly anomaly) => operation switch
    {
        FaultOperation => true,
        SendOperation send => send.Partition == anomaly.Partition,
        PollOperation poll => poll.Partition == anomaly.Partition,
        ListOffsetOperation list => list.Partition == anomaly.Partition,
        LeaderOperation leader => leader.Partition == anomaly.Partition,
        _ => false,
    };
}
