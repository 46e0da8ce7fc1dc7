using System.Globalization;

namespace RaftStream.Integration.Histories;

/// <summary>One call of a history: it took effect at some moment between its ends.</summary>
/// <param name="Process">Who called; for reports.</param>
/// <param name="Action">The call with its answer.</param>
/// <param name="Called">Clock at the call.</param>
/// <param name="Returned">Clock at the answer; null when there was none: it may take effect at any time from then on, or never.</param>
internal sealed record Interval<TAction>(string Process, TAction Action, long Called, long? Returned)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"[{Called}..{Returned?.ToString(CultureInfo.InvariantCulture) ?? "?"}] {Process}: {Action}");
}
