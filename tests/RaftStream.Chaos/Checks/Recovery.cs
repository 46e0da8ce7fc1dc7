using System.Globalization;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-19: after all faults are healed all nodes become ready, and every partition takes a write within ten seconds.</summary>
internal sealed class Recovery : ICheck
{
    private const long LongestNs = 10_000_000_000;

    public string Id => "X-19";

    public string Rule => "after the healing all nodes are ready, and every partition takes a write within 10 s";

    public Finding Run(History history)
    {
        IReadOnlyList<RecoveryOperation> recoveries = history.Of<RecoveryOperation>();
        List<Anomaly> anomalies = [.. recoveries.Where(one => one.Outcome != Outcome.Ok || one.Completed - one.Invoked > LongestNs)
            .Select(one => new Anomaly(one.Partition, "took no write within 10 s of the healing", [one]))];
        anomalies.AddRange(history.Partitions.Except(recoveries.Select(one => one.Partition))
            .Select(partition => new Anomaly(partition, "was not tried after the healing", [])));
        anomalies.AddRange(history.Of<ReadinessOperation>().Where(one => one.Outcome != Outcome.Ok)
            .Select(one => new Anomaly(null, $"the nodes do not become ready: {one.Error}", [one])));
        double slowest = recoveries.Where(one => one.Outcome == Outcome.Ok).Select(one => (one.Completed - one.Invoked) / 1e9).DefaultIfEmpty().Max();
        return new Finding(recoveries.Count, anomalies, string.Create(CultureInfo.InvariantCulture, $"the slowest took {slowest:F2} s"));
    }
}
