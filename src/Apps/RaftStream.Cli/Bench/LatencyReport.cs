using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Bench;

/// <summary>What the latency benchmark found.</summary>
/// <param name="Rate">Records a second.</param>
/// <param name="LateSends">Records that were sent more than a millisecond after their time.</param>
/// <param name="Fdatasync">The price of one on the disk of the data folder; null when not measured.</param>
internal sealed record LatencyReport(
    BenchPlan Plan,
    BenchTopic Topic,
    double Rate,
    long Records,
    long LateSends,
    LatencySummary EndToEnd,
    LatencySummary Ack,
    LatencySummary? Fdatasync,
    Usage Usage)
{
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
        console.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"latency: {Records:N0} records of {Plan.RecordSize} bytes, one at a time, {Rate:N0}/s, "
            + $"flush {Plan.Flush ?? "by default"}, warm-up {Plan.WarmUp.TotalSeconds:0.#} s"));
        console.Text.WriteLine($"  end to end: {EndToEnd}");
        console.Text.WriteLine($"  acknowledgement: {Ack}");
        if (Fdatasync is { } fdatasync)
        {
            console.Text.WriteLine($"  one fdatasync of 4 KiB there: {fdatasync}");
        }

        if (LateSends > 0)
        {
            console.Text.WriteLine($"  {Tables.Number(LateSends)} records were sent more than 1 ms late: this machine was busy");
        }

        string ofBroker = Usage.Broker?.PerMillion(Records).ToString("N1", CultureInfo.InvariantCulture) ?? "not known";
        console.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  CPU s per million records: client {Usage.Client.PerMillion(Records):N1}, broker {ofBroker}"));
    }

    private void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("benchmark", "latency");
        json.WriteString("topic", Topic.Name);
        json.WriteNumber("recordSize", Plan.RecordSize);
        json.WriteString("flush", Plan.Flush);
        json.WriteNumber("rate", Rate);
        json.WriteNumber("warmUpSeconds", Plan.WarmUp.TotalSeconds);
        json.WriteNumber("seconds", Math.Round(Usage.Elapsed.TotalSeconds, 6));
        json.WriteNumber("records", Records);
        json.WriteNumber("lateSends", LateSends);
        EndToEnd.WriteJson(json, "endToEnd");
        Ack.WriteJson(json, "ack");
        if (Fdatasync is { } fdatasync)
        {
            fdatasync.WriteJson(json, "fdatasync");
        }
        else
        {
            json.WriteNull("fdatasync");
        }

        long bytes = Records * Plan.RecordSize;
        Usage.Client.WriteJson(json, "client", Records, bytes);
        if (Usage.Broker is { } broker)
        {
            broker.WriteJson(json, "broker", Records, bytes);
        }
        else
        {
            json.WriteNull("broker");
        }

        json.WriteEndObject();
    }
}
