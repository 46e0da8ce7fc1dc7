using System.Text.Json;

namespace RaftStream.Cli.Demo;

/// <summary>A record as it came back.</summary>
/// <param name="Line">The number in its header, -1 when there is none.</param>
internal readonly record struct ReturnedRecord(long Offset, int Line, byte[] Value);

/// <summary>The comparison of what was acknowledged with what came back. Counts are records.</summary>
/// <param name="Missing">Acknowledged, and nothing is at its offset: lost.</param>
/// <param name="Changed">Acknowledged, and something else is at its offset.</param>
/// <param name="OutOfOrder">Acknowledged at an offset below that of an earlier record of its partition.</param>
/// <param name="Duplicates">Identical copies of acknowledged records: sent again since the answer was lost.</param>
/// <param name="Strangers">Came back without ever having been acknowledged in any copy, or are no copy of what was sent.</param>
/// <param name="Gaps">Offsets between the first and the last that hold nothing.</param>
internal sealed record DemoVerdict(
    long Sent, long Acknowledged, long Returned, long Missing, long Changed, long OutOfOrder, long Duplicates, long Strangers, long Gaps)
{
    /// <summary>Everything sent was acknowledged, and everything acknowledged came back as it was.</summary>
    public bool Holds => Acknowledged == Sent && Missing == 0 && Changed == 0 && OutOfOrder == 0 && Strangers == 0 && Gaps == 0
        && Returned == Acknowledged + Duplicates;

    /// <summary>Compares.</summary>
    /// <param name="returned">Records of each partition in the order of their coming.</param>
    public static DemoVerdict Compare(
        IReadOnlyList<byte[]> lines, SentLines sent, IReadOnlyList<IReadOnlyList<ReturnedRecord>> returned)
    {
        var verdict = new DemoVerdict(sent.Taken, sent.Acknowledged, returned.Sum(records => records.Count), 0, 0, 0, 0, 0, 0);
        for (int partition = 0; partition < returned.Count; partition++)
        {
            IReadOnlyList<int> lineOf = partition < sent.LinesByPartition.Count ? sent.LinesByPartition[partition] : [];
            IEnumerable<AcknowledgedRun> runs = sent.Runs.Where(run => run.Partition == partition);
            verdict = verdict.ComparePartition(lines, lineOf, runs, returned[partition]);
        }

        return verdict;
    }

    /// <summary>Writes the counts as members.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("sent", Sent);
        json.WriteNumber("acknowledged", Acknowledged);
        json.WriteNumber("returned", Returned);
        json.WriteNumber("missing", Missing);
        json.WriteNumber("changed", Changed);
        json.WriteNumber("outOfOrder", OutOfOrder);
        json.WriteNumber("duplicates", Duplicates);
        json.WriteNumber("strangers", Strangers);
        json.WriteNumber("gaps", Gaps);
        json.WriteBoolean("holds", Holds);
    }

    private DemoVerdict ComparePartition(
        IReadOnlyList<byte[]> lines, IReadOnlyList<int> lineOf, IEnumerable<AcknowledgedRun> runs, IReadOnlyList<ReturnedRecord> returned)
    {
        long missing = 0, changed = 0, outOfOrder = 0, duplicates = 0, strangers = 0, gaps = 0;
        var byOffset = new Dictionary<long, ReturnedRecord>();
        long next = returned.Count > 0 ? returned[0].Offset : 0;
        foreach (ReturnedRecord record in returned)
        {
            gaps += record.Offset != next ? 1 : 0;
            next = record.Offset + 1;
            byOffset[record.Offset] = record;
        }

        var acknowledged = new HashSet<int>();
        long lastOffset = -1;
        foreach (AcknowledgedRun run in runs.OrderBy(run => run.FirstSequence))
        {
            for (int i = 0; i < run.Count; i++)
            {
                int line = lineOf[(int)run.FirstSequence + i];
                long offset = run.BaseOffset + i;
                acknowledged.Add(line);
                outOfOrder += offset <= lastOffset ? 1 : 0;
                lastOffset = offset;
                if (!byOffset.Remove(offset, out ReturnedRecord record))
                {
                    missing++;
                }
                else if (record.Line != line || !record.Value.AsSpan().SequenceEqual(lines[line]))
                {
                    changed++;
                }
            }
        }

        // What is left was stored, and its answer lost: it must have been sent again, and be the same to the byte.
        foreach (ReturnedRecord record in byOffset.Values)
        {
            bool isCopy = acknowledged.Contains(record.Line) && record.Value.AsSpan().SequenceEqual(lines[record.Line]);
            duplicates += isCopy ? 1 : 0;
            strangers += isCopy ? 0 : 1;
        }

        return this with
        {
            Missing = Missing + missing,
            Changed = Changed + changed,
            OutOfOrder = OutOfOrder + outOfOrder,
            Duplicates = Duplicates + duplicates,
            Strangers = Strangers + strangers,
            Gaps = Gaps + gaps,
        };
    }
}
