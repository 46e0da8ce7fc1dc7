using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Bench;

/// <summary>What a benchmark of rates found.</summary>
/// <param name="Benchmark">produce or consume.</param>
/// <param name="Settings">What was measured, name and value; strings and whole numbers.</param>
/// <param name="Bytes">Of values, without keys and framing.</param>
internal sealed record ThroughputReport(
    string Benchmark,
    BenchPlan Plan,
    BenchTopic Topic,
    IReadOnlyList<(string Name, string Value)> Settings,
    long Records,
    long Bytes,
    Usage Usage)
{
    private const double Million = 1e6;

    private double Seconds => Math.Max(Usage.Elapsed.TotalSeconds, 1e-9);

    /// <summary>Prints it.</summary>
    public void Print(CliConsole console)
    {
        if (Plan.Output == OutputFormat.Json)
        {
            JsonOutput.Write(console, WriteJson);
        }
        else
        {
            PrintText(console);
        }
    }

    private void PrintText(CliConsole console)
    {
        string settings = string.Join(", ", Settings.Select(setting => $"{setting.Name} {setting.Value}"));
        string partitions = Topic.Partitions == 1 ? "partition" : "partitions";
        console.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Benchmark}: {Plan.RecordSize}-byte records, {Topic.Partitions} {partitions}, {settings}, warm-up {Plan.WarmUp.TotalSeconds:0.#} s"));
        console.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {Records:N0} records in {Seconds:N2} s: {Records / Seconds:N0} records/s, {Bytes / Seconds / Million:N0} MB/s"));
        PrintUsage(console, "client", Usage.Client);
        if (Usage.Broker is { } broker)
        {
            PrintUsage(console, "broker", broker);
        }
        else
        {
            console.Text.WriteLine("  broker: its process is not known; name it with --broker-pid");
        }
    }

    private void PrintUsage(CliConsole console, string name, ProcessUsage usage) => console.Text.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {name}: {usage.CpuSeconds:N2} CPU s, {usage.PerMillion(Records):N3} per million records, {usage.PerGigabyte(Bytes):N2} per GB, "
        + $"{usage.ResidentBytes / Million:N0} MB resident (peak {usage.PeakResidentBytes / Million:N0})"));

    private void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("benchmark", Benchmark);
        json.WriteString("topic", Topic.Name);
        json.WriteNumber("partitions", Topic.Partitions);
        json.WriteNumber("recordSize", Plan.RecordSize);
        json.WriteString("flush", Plan.Flush);
        foreach ((string name, string value) in Settings)
        {
            json.WriteString(name, value);
        }

        json.WriteNumber("warmUpSeconds", Plan.WarmUp.TotalSeconds);
        json.WriteNumber("seconds", Math.Round(Seconds, 6));
        json.WriteNumber("records", Records);
        json.WriteNumber("bytes", Bytes);
        json.WriteNumber("recordsPerSecond", Math.Round(Records / Seconds, 1));
        json.WriteNumber("megabytesPerSecond", Math.Round(Bytes / Seconds / Million, 3));
        Usage.Client.WriteJson(json, "client", Records, Bytes);
        if (Usage.Broker is { } broker)
        {
            broker.WriteJson(json, "broker", Records, Bytes);
        }
        else
        {
            json.WriteNull("broker");
        }

        json.WriteEndObject();
    }
}
