using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>A history held against all rules.</summary>
internal sealed class Verdict
{
    private Verdict(History history, IReadOnlyList<(ICheck Check, Finding Finding)> findings) => (History, Findings) = (history, findings);

    public History History { get; }

    public IReadOnlyList<(ICheck Check, Finding Finding)> Findings { get; }

    /// <summary>A rule is broken.</summary>
    public bool IsWrong => Findings.Any(one => one.Finding.Anomalies.Count > 0);

    /// <summary>Why a run in which no rule is broken says nothing all the same; null when it does say something.</summary>
    public string? NothingProven =>
        !History.Sends.Any(send => send.Outcome == Outcome.Ok) ? "no write was acknowledged"
        : History.NeedsFault && !History.Faults.Any(fault => fault.Outcome == Outcome.Ok) ? "no fault struck"
        : null;

    /// <summary>Nothing is wrong, and that proves something.</summary>
    public bool IsGood => !IsWrong && NothingProven is null;

    /// <summary>The verdict in a few words.</summary>
    public string Words => IsWrong ? "WRONG" : NothingProven is { } reason ? $"NOTHING PROVEN: {reason}" : "GOOD: nothing is wrong";

    public static Verdict Of(History history) => new(history, [.. AllChecks.List.AsParallel().AsOrdered().Select(check => (check, check.Run(history)))]);
}
