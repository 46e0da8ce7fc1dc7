using RaftStream.Chaos.Histories;
using RaftStream.Integration.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-21: answers about topics and their sizes come from one order that respects time, and leaders are replicas of theirs.</summary>
/// <remarks>A broker that loses the answer of the controller asks again: the call must take effect once all the same, whatever others did meanwhile (P32).</remarks>
internal sealed class MetadataAnswers : ICheck
{
    public string Id => "X-21";

    public string Rule => "metadata is linearizable, leaders are replicas, leader epochs have one leader";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        IReadOnlyList<ExistenceOperation> existence = history.Of<ExistenceOperation>();
        foreach (IGrouping<string, ExistenceOperation> topic in existence.GroupBy(one => one.Topic))
        {
            Look(topic.Key, topic, Linearizability.Violation(new ExistenceModel(), topic.Select(one => Call(one, one.Action))), anomalies);
        }

        IReadOnlyList<GrowthOperation> growth = history.Of<GrowthOperation>();
        foreach (IGrouping<string, GrowthOperation> topic in growth.GroupBy(one => one.Topic))
        {
            Look(topic.Key, topic, Linearizability.Violation(new GrowthModel(initial: 1), topic.Select(one => Call(one, one.Action))), anomalies);
        }

        IReadOnlyList<LeaderOperation> leaders = history.Of<LeaderOperation>();
        CheckLeaders(leaders, anomalies);
        return new Finding(existence.Count + growth.Count + leaders.Count, anomalies);
    }

    private static void CheckLeaders(IReadOnlyList<LeaderOperation> views, List<Anomaly> anomalies)
    {
        var leaderOf = new Dictionary<object, LeaderOperation>();
        foreach (LeaderOperation view in views.Where(view => view.Outcome == Outcome.Ok && view.Leader >= 0))
        {
            if (!view.Replicas.Contains(view.Leader) || !view.Isr.Contains(view.Leader))
            {
                anomalies.Add(new Anomaly(view.Partition, $"the leader {view.Leader} is not an in-sync replica", [view]));
            }

            if (!leaderOf.TryAdd((view.Partition, view.LeaderEpoch), view) && leaderOf[(view.Partition, view.LeaderEpoch)].Leader != view.Leader)
            {
                anomalies.Add(new Anomaly(view.Partition, $"leader epoch {view.LeaderEpoch} has two leaders", [leaderOf[(view.Partition, view.LeaderEpoch)], view]));
            }
        }
    }

    private static void Look(string topic, IEnumerable<Operation> operations, string? violation, List<Anomaly> anomalies)
    {
        if (violation is not null)
        {
            anomalies.Add(new Anomaly(null, $"{topic}: {violation}", [.. operations]));
        }
    }

    private static Interval<T> Call<T>(Operation operation, T action) =>
        new(operation.Process, action, operation.Invoked, operation.Outcome == Outcome.Info ? null : operation.Completed);
}
