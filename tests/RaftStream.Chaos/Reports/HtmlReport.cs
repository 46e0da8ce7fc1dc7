using System.Globalization;
using System.Net;
using System.Text;
using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>The verdict as one page that needs nothing else: no scripts, no other files, no network.</summary>
internal static class HtmlReport
{
    private const int MostAnomalies = 5;

    private const string Style = """
        body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1120px; color: #1b1f24; padding: 0 1em }
        h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em } code, pre { font: 12px/1.4 ui-monospace, monospace }
        pre { background: #f4f5f7; padding: .7em; overflow-x: auto } table { border-collapse: collapse } td, th { text-align: left; padding: .2em .9em .2em 0; vertical-align: top }
        .good { color: #1a7f37 } .wrong { color: #b3261e; font-weight: 600 } .faint { color: #6a737d }
        svg { width: 100%; height: auto } .label, .tick { font: 10px system-ui, sans-serif; fill: #57606a } .tick { text-anchor: middle } .grid { stroke: #e3e6ea; stroke-width: 1 }
        .shade { fill: #d97706; opacity: .10 } .fault { fill: #d97706 } .up { fill: #7cc08f } .down { fill: #b3261e }
        .median, .high { fill: none; stroke-width: 1.3 } .median { stroke: #0b66c3 } .high { stroke: #8250df } .slowest { fill: #b3261e }
        @media (prefers-color-scheme: dark) { body { background: #14171a; color: #dfe3e8 } pre { background: #1f2428 } .grid { stroke: #2b3137 } .label, .tick { fill: #9aa4ae } }
        """;

    public static string Write(Verdict verdict, RunFacts facts, NodeLogs logs)
    {
        History history = verdict.History;
        double seconds = history.All.Where(operation => operation.Completed != long.MaxValue).Select(operation => operation.Completed / 1e9).DefaultIfEmpty(1).Max();
        var page = new StringBuilder();
        Add(page, $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(facts.Fault)}: {Text(verdict.Words)}</title>\n<style>\n{Style}</style></head><body>\n");
        Add(page, $"<h1>{Text(facts.Fault)}: <span class=\"{(verdict.IsGood ? "good" : "wrong")}\">{Text(verdict.Words)}</span></h1>\n");
        Add(page, $"<p>{history.Began:yyyy-MM-dd HH:mm:ss} UTC, {seconds:F0} s, seed {facts.Options.Seed}, replication factor {facts.Options.ReplicationFactor}, flush={facts.Options.Flush}.\n");
        Add(page, $"{history.Sends.Count(send => send.Outcome == Outcome.Ok):N0} writes acknowledged, {history.Sends.Count(send => send.Outcome == Outcome.Fail):N0} refused, {history.Sends.Count(send => send.Outcome == Outcome.Info):N0} without an answer; ");
        Add(page, $"{history.Polls.Sum(poll => (long)poll.Records.Length):N0} records read.<br>\nAgain: <code>{Text(facts.Command)}</code></p>\n");
        Add(page, $"<h2>Faults, and when partitions took writes</h2>\n{TimelinePicture.Draw(history, seconds)}");
        Add(page, $"<p class=\"faint\">Orange: a fault. Green: writes are acknowledged. Red: none for more than a quarter of a second.</p>\n");
        AddOutages(page, history);
        Add(page, $"<h2>How long acknowledged writes took</h2>\n{LatencyPicture.Draw(history, seconds)}");
        Add(page, $"<p class=\"faint\">By the time of sending, retries of the SDK included. Blue: median, violet: 99th percentile, red: the slowest of each quarter of a second.</p>\n");
        AddChecks(page, verdict);
        foreach ((ICheck check, Finding finding) in verdict.Findings)
        {
            foreach (Anomaly anomaly in finding.Anomalies.Take(MostAnomalies))
            {
                AddAnomaly(page, check, anomaly, history, logs);
            }
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void AddOutages(StringBuilder page, History history)
    {
        Add(page, $"<h2>How long partitions took no writes after a fault (X-20)</h2>\n<table><tr><th>fault</th><th>times</th><th>partitions hit</th><th>p50</th><th>p99</th><th>max</th><th></th></tr>\n");
        foreach (Outage outage in Availability.Outages(history))
        {
            string never = outage.Without == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{outage.Without} never again");
            Add(page, $"<tr><td>{Text(outage.Fault)}</td><td>{outage.Faults}</td><td>{outage.Seconds.Count}</td><td>{outage.At(50):F2} s</td><td>{outage.At(99):F2} s</td><td>{outage.At(100):F2} s</td><td>{never}</td></tr>\n");
        }

        Add(page, $"</table>\n<p class=\"faint\">For each partition that was led by what the fault hit: the longest time without an acknowledgement that began before the fault was healed, counted from the fault.</p>\n");
    }

    private static void AddChecks(StringBuilder page, Verdict verdict)
    {
        Add(page, $"<h2>Rules</h2>\n<table><tr><th>id</th><th>rule</th><th>looked at</th><th>result</th></tr>\n");
        foreach ((ICheck check, Finding finding) in verdict.Findings)
        {
            string result = finding.Anomalies.Count > 0
                ? string.Create(CultureInfo.InvariantCulture, $"<span class=\"wrong\">{finding.Anomalies.Count:N0} anomalies</span>")
                : finding.Examined == 0 ? "<span class=\"faint\">not seen</span>" : "<span class=\"good\">ok</span>";
            Add(page, $"<tr><td>{check.Id}</td><td>{Text(check.Rule)} <span class=\"faint\">{Text(finding.Note ?? "")}</span></td><td>{finding.Examined:N0}</td><td>{result}</td></tr>\n");
        }

        Add(page, $"</table>\n");
    }

    private static void AddAnomaly(StringBuilder page, ICheck check, Anomaly anomaly, History history, NodeLogs logs)
    {
        Add(page, $"<h2 class=\"wrong\">{check.Id} {Text(anomaly.Partition?.ToString() ?? "")}</h2>\n<p>{Text(anomaly.Text)}</p>\n<pre>");
        foreach (Operation operation in AnomalyContext.Operations(history, anomaly))
        {
            Add(page, $"{(anomaly.Operations.Contains(operation) ? "&gt; " : "  ")}{Text(operation.ToString())}\n");
        }

        Add(page, $"</pre>\n");
        IReadOnlyList<string> lines = AnomalyContext.Lines(history, anomaly, logs);
        if (lines.Count > 0)
        {
            Add(page, $"<details><summary>what the nodes said around that time</summary><pre>{Text(string.Join('\n', lines))}</pre></details>\n");
        }
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static void Add(StringBuilder page, FormattableString text) => page.Append(text.ToString(CultureInfo.InvariantCulture));
}
