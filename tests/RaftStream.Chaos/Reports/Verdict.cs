using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>A history held against all rules.</summary>
internal sealed class Verdict
{
    private Verdict(History history, IReadOnlyList<(ICheck Check, Finding Finding)> findings) => (History, Findings) = (history, findings);

    public History History { get; }

    public IReadOnlyList<(ICheck Check, Finding Finding)> Findings { get; }

    /// <summary>Nothing is wrong, and something was acknowledged: a run in which nothing happened proves nothing.</summary>
    public bool IsGood => Findings.All(one => one.Finding.Anomalies.Count == 0) && History.Sends.Any(send => send.Outcome == Outcome.Ok);

    public static Verdict Of(History history) => new(history, [.. AllChecks.List.AsParallel().AsOrdered().Select(check => (check, check.Run(history)))]);
}
