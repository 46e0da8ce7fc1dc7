using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.Output;
using Spectre.Console;

namespace RaftStream.Benchmarks.Suite;

/// <summary>The figures of all cases as tables and as JSON.</summary>
internal sealed class SuiteReport(
    SuiteOptions options, IReadOnlyDictionary<SuiteCase, Dictionary<string, Samples>> results)
{
    /// <summary>Prints the tables: medians, and the smallest and largest value in parentheses.</summary>
    public void Print(CliConsole console)
    {
        console.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} processors, {options.Rounds} rounds, {options.WarmUp.TotalSeconds:0.#} s warm-up and "
            + $"{options.Duration.TotalSeconds:0.#} s measured each; median (min-max)"));
        PrintKind(console, CaseKind.Throughput, [
            ("#records/s", "recordsPerSecond", 0), ("#MB/s", "megabytesPerSecond", 0),
            ("#broker CPU s/million", "brokerCpuPerMillion", 3), ("#client", "clientCpuPerMillion", 3),
            ("#broker CPU s/GB", "brokerCpuPerGigabyte", 2), ("#client", "clientCpuPerGigabyte", 2)]);
        PrintKind(console, CaseKind.Latency, [
            ("#end to end p50 us", "endToEnd.p50Us", 0), ("#p99", "endToEnd.p99Us", 0),
            ("#p99.9", "endToEnd.p999Us", 0), ("#max", "endToEnd.maxUs", 0),
            ("#ack p50", "ack.p50Us", 0), ("#p99", "ack.p99Us", 0),
            ("#fdatasync p50", "fdatasync.p50Us", 0), ("#p99", "fdatasync.p99Us", 0),
            ("#late sends", "lateSends", 0)]);
        PrintKind(console, CaseKind.Startup, [("#ready ms", "readyMs", 0), ("#idle resident MiB", "idleResidentMiB", 0)]);
        PrintKind(console, CaseKind.Embedded, [
            ("#first ms", "firstReadyMs", 0), ("#warm, in memory ms", "memoryReadyMs", 1), ("#warm, on disk ms", "diskReadyMs", 1)]);
    }

    /// <summary>Writes everything, also what the tables leave out.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteNumber("rounds", options.Rounds);
        json.WriteNumber("warmUpSeconds", options.WarmUp.TotalSeconds);
        json.WriteNumber("durationSeconds", options.Duration.TotalSeconds);
        json.WriteStartArray("cases");
        foreach ((SuiteCase suiteCase, Dictionary<string, Samples> figures) in results)
        {
            json.WriteStartObject();
            json.WriteString("name", suiteCase.Name);
            json.WriteStartObject("figures");
            foreach ((string name, Samples samples) in figures)
            {
                samples.WriteJson(json, name);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void PrintKind(CliConsole console, CaseKind kind, (string Title, string Figure, int Decimals)[] columns)
    {
        var rows = results.Where(result => result.Key.Kind == kind && result.Value.Count > 0).ToList();
        if (rows.Count == 0)
        {
            return;
        }

        Table table = Tables.Create(["case", .. columns.Select(column => column.Title)]);
        foreach ((SuiteCase suiteCase, Dictionary<string, Samples> figures) in rows)
        {
            IEnumerable<string> cells = columns.Select(column => figures.GetValueOrDefault(column.Figure)?.Show(column.Decimals) ?? "");
            table.Row([suiteCase.Name, .. cells]);
        }

        table.Print(console);
    }
}
