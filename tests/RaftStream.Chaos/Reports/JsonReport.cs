using System.Text.Encodings.Web;
using System.Text.Json;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>The verdict for programs.</summary>
internal static class JsonReport
{
    private const int MostAnomalies = 100;
    private const int MostOperations = 20;
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(Verdict verdict, RunFacts facts) => JsonSerializer.Serialize(
        new
        {
            good = verdict.IsGood,
            wrong = verdict.IsWrong,
            nothingProven = verdict.NothingProven,
            fault = facts.Fault,
            command = facts.Command,
            began = verdict.History.Began,
            seed = facts.Options.Seed,
            replicationFactor = facts.Options.ReplicationFactor,
            flush = facts.Options.Flush,
            writes = Enum.GetValues<Outcome>().ToDictionary(outcome => outcome.ToString(), outcome => verdict.History.Sends.Count(send => send.Outcome == outcome)),
            recordsRead = verdict.History.Polls.Sum(poll => (long)poll.Records.Length),
            checks = verdict.Findings.Select(one => new
            {
                id = one.Check.Id,
                rule = one.Check.Rule,
                examined = one.Finding.Examined,
                note = one.Finding.Note,
                anomalies = one.Finding.Anomalies.Count,
                first = one.Finding.Anomalies.Take(MostAnomalies).Select(anomaly => new
                {
                    partition = anomaly.Partition?.ToString(),
                    text = anomaly.Text,
                    operations = anomaly.Operations.Take(MostOperations).Select(operation => operation.ToString()),
                }),
            }),
            faults = verdict.History.Faults.Select(fault => new
            {
                fault = fault.Fault,
                target = fault.Target,
                fromSeconds = fault.Invoked / 1e9,
                toSeconds = fault.Completed / 1e9,
                led = fault.Affected.Select(partition => partition.ToString()),
            }),
            unavailableSeconds = Availability.Outages(verdict.History).Select(outage => new
            {
                fault = outage.Fault,
                samples = outage.Seconds.Count,
                p50 = outage.At(50),
                p99 = outage.At(99),
                max = outage.At(100),
                neverAgain = outage.Without,
            }),
        },
        Form);
}
