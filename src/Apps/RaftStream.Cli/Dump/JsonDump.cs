using System.Text.Json;
using RaftStream.Cli.Output;
using RaftStream.Records;

namespace RaftStream.Cli.Dump;

/// <summary>Segments for programs: one document for all files, written as it is found.</summary>
internal static class JsonDump
{
    /// <summary>Prints the files.</summary>
    /// <returns>True when nothing is corrupt.</returns>
    public static bool Print(
        CliConsole console, IReadOnlyList<string> files, DumpDetail detail, CancellationToken cancellationToken)
    {
        bool isSound = true;
        JsonOutput.Write(console, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("segments");
            foreach (string file in files)
            {
                isSound &= WriteSegment(json, file, detail, cancellationToken);
            }

            json.WriteEndArray();
            json.WriteBoolean("sound", isSound);
            json.WriteEndObject();
        });
        return isSound;
    }

    private static bool WriteSegment(
        Utf8JsonWriter json, string file, DumpDetail detail, CancellationToken cancellationToken)
    {
        using var scanner = new SegmentScanner(file);
        json.WriteStartObject();
        json.WriteString("path", file);
        json.WriteNumber("fileBytes", scanner.FileLength);
        if (detail == DumpDetail.Summary)
        {
            while (scanner.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        else
        {
            json.WriteStartArray("batches");
            while (scanner.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteBatch(json, scanner, detail);
                json.Flush();
            }

            json.WriteEndArray();
        }

        bool isSound = !scanner.Problems.Any(problem => problem.IsCorruption);
        json.WriteNumber("batchCount", scanner.BatchCount);
        json.WriteNumber("recordCount", scanner.RecordCount);
        json.WriteNumber("soundBytes", scanner.SoundBytes);
        json.WriteNumber("tailBytes", scanner.TailBytes);
        json.WriteNumber("nextOffset", scanner.EndOffset.Value);
        json.WriteBoolean("sound", isSound);
        json.WriteArray("problems", scanner.Problems, WriteProblem);
        json.WriteEndObject();
        return isSound;
    }

    private static void WriteBatch(Utf8JsonWriter json, SegmentScanner scanner, DumpDetail detail)
    {
        json.WriteStartObject();
        json.WriteNumber("position", scanner.Position);
        BatchFields.Write(json, scanner.Header);
        json.WriteBoolean("sound", scanner.State != BatchState.Corrupt);
        if (detail == DumpDetail.Records && scanner.State == BatchState.Sound)
        {
            json.WriteStartArray("records");
            RecordEnumerator records = scanner.Records();
            while (records.MoveNext())
            {
                json.WriteStartObject();
                json.WriteRecordFields(records.Current);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteProblem(Utf8JsonWriter json, DumpProblem problem)
    {
        json.WriteStartObject();
        json.WriteNumber("position", problem.Position);
        json.WriteString("code", problem.Code);
        json.WriteString("message", problem.Message);
        json.WriteBoolean("corruption", problem.IsCorruption);
        json.WriteEndObject();
    }
}
