using System.Globalization;
using RaftStream.Cli.Output;
using RaftStream.Records;

namespace RaftStream.Cli.Dump;

/// <summary>Segments for people: a line per batch, and per record where asked.</summary>
internal static class TextDump
{
    /// <summary>Prints the files.</summary>
    /// <returns>True when nothing is corrupt.</returns>
    public static bool Print(
        CliConsole console, IReadOnlyList<string> files, DumpDetail detail, CancellationToken cancellationToken)
    {
        bool isSound = true;
        foreach (string file in files)
        {
            using var scanner = new SegmentScanner(file);
            console.Text.WriteLine($"{file}: {Tables.Number(scanner.FileLength)} bytes");
            int told = 0;
            while (scanner.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (detail != DumpDetail.Summary)
                {
                    console.Text.WriteLine(BatchLine(scanner));
                }

                told = TellProblems(console, scanner, told);
                if (detail == DumpDetail.Records && scanner.State == BatchState.Sound)
                {
                    PrintRecords(console, scanner);
                }
            }

            TellProblems(console, scanner, told);
            console.Text.WriteLine(SummaryLine(scanner));
            isSound &= !scanner.Problems.Any(problem => problem.IsCorruption);
        }

        return isSound;
    }

    private static int TellProblems(CliConsole console, SegmentScanner scanner, int told)
    {
        for (; told < scanner.Problems.Count; told++)
        {
            DumpProblem problem = scanner.Problems[told];
            console.Text.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {(problem.IsCorruption ? "CORRUPT" : "note")} at position {problem.Position}: {problem.Message}"));
        }

        return told;
    }

    private static string BatchLine(SegmentScanner scanner)
    {
        RecordBatchHeader header = scanner.Header;
        string stamped = header.TimestampType == TimestampType.LogAppendTime ? "appended" : "created";
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"  position {scanner.Position}  offsets {header.BaseOffset}..{header.LastOffset}  records {header.RecordCount}  "
            + $"epoch {header.PartitionLeaderEpoch}  bytes {header.SizeInBytes}  codec {BatchFields.CodecName(header.Codec)}  "
            + $"{stamped} {RecordText.Time(header.BaseTimestamp)}..{RecordText.Time(header.MaxTimestamp)}  "
            + $"crc {header.Crc:x8} {Verdict(scanner.State)}");
        if (header.HasProducerId)
        {
            line += string.Create(
                CultureInfo.InvariantCulture,
                $"  producer {header.ProducerId} epoch {header.ProducerEpoch} sequence {header.BaseSequence}..{header.LastSequence}");
        }

        return line
            + (header.IsTransactional ? "  transactional" : "")
            + (header.IsControl ? "  control" : "")
            + (header.DeleteHorizonMs is { } horizon ? $"  delete horizon {RecordText.Time(horizon)}" : "");
    }

    private static string Verdict(BatchState state) => state switch
    {
        BatchState.Sound => "ok",
        BatchState.Unreadable => "ok, not readable here",
        _ => "BAD",
    };

    private static void PrintRecords(CliConsole console, SegmentScanner scanner)
    {
        RecordEnumerator records = scanner.Records();
        while (records.MoveNext())
        {
            RecordView record = records.Current;
            console.Text.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"    {record.Offset}  {RecordText.Time(record.TimestampMs)}  "
                + $"key {RecordText.Show(record.Key)}  value {RecordText.Show(record.Value)}"));
            if (scanner.Header.IsControl && EndTransactionMarker.TryRead(record, out EndTransactionMarker marker))
            {
                console.Text.Write(string.Create(
                    CultureInfo.InvariantCulture, $"  {(marker.IsCommit ? "commit" : "abort")} by coordinator epoch {marker.CoordinatorEpoch}"));
            }

            foreach (RecordHeaderView header in record.Headers)
            {
                console.Text.Write($"  {RecordText.Show(header.Key)}={RecordText.Show(header.Value)}");
            }

            console.Text.WriteLine();
        }
    }

    private static string SummaryLine(SegmentScanner scanner)
    {
        int corrupt = scanner.Problems.Count(problem => problem.IsCorruption);
        string offsets = scanner.FirstOffset is { } first
            ? string.Create(CultureInfo.InvariantCulture, $", offsets {first}..{scanner.EndOffset.Value - 1}")
            : "";
        string verdict = corrupt > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{corrupt} {(corrupt == 1 ? "thing is" : "things are")} corrupt")
            : scanner.TailBytes > 0 ? "sound up to its cut-off end" : "sound";
        return $"  {Tables.Number(scanner.BatchCount)} batches, {Tables.Number(scanner.RecordCount)} records{offsets}, "
            + $"{Tables.Number(scanner.SoundBytes)} bytes in sound batches: {verdict}";
    }
}
