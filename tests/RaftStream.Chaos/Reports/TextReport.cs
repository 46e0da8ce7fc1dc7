using System.Globalization;
using System.Text;
using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>The verdict in words.</summary>
internal static class TextReport
{
    private const int MostAnomalies = 5;
    private const int MostOperations = 4;

    public static string Write(Verdict verdict)
    {
        var text = new StringBuilder();
        History history = verdict.History;
        Line(text, $"operations   {history.All.Count:N0}: {Count(history, Outcome.Ok):N0} writes acknowledged, {Count(history, Outcome.Fail):N0} refused, {Count(history, Outcome.Info):N0} without an answer; {history.Polls.Sum(poll => (long)poll.Records.Length):N0} records read");
        Line(text, $"faults       {string.Join(", ", history.Faults.GroupBy(fault => fault.Fault).Select(kind => $"{kind.Count()} x {kind.Key}"))}");
        foreach ((ICheck check, Finding finding) in verdict.Findings)
        {
            string result = finding.Anomalies.Count > 0 ? $"WRONG ({finding.Anomalies.Count:N0})" : finding.Examined == 0 ? "not seen" : "ok";
            string note = finding.Note is null ? "" : $"; {finding.Note}";
            Line(text, $"{check.Id,-6} {result,-12} {check.Rule} ({finding.Examined:N0} looked at{note})");
            foreach (Anomaly anomaly in finding.Anomalies.Take(MostAnomalies))
            {
                Line(text, $"       ! {anomaly.Partition}: {anomaly.Text}");
                foreach (Operation operation in anomaly.Operations.Take(MostOperations))
                {
                    Line(text, $"           {operation}");
                }
            }
        }

        foreach (Outage outage in Availability.Outages(history))
        {
            Line(text, $"X-20   {outage.Fault}: no writes for p50 {outage.At(50):F2} s, p99 {outage.At(99):F2} s, max {outage.At(100):F2} s ({outage.Faults} times, {outage.Seconds.Count + outage.Without} partitions hit, {outage.Without} of them without a write since)");
        }

        Line(text, $"{verdict.Words}{(verdict.IsWrong ? ": see above" : "")}");
        return text.ToString();
    }

    private static int Count(History history, Outcome outcome) => history.Sends.Count(send => send.Outcome == outcome);

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
