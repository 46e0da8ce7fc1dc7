using RaftStream.Model;

namespace RaftStream.Records.Tests;

/// <summary>The fast parser against the checked one.</summary>
public sealed class RecordParserTests
{
    private const int RoomBehind = 32;

    [Fact]
    public void What_the_fast_parser_takes_the_checked_one_takes_alike()
    {
        var prng = new Prng(16);
        int taken = 0;
        int refused = 0;
        for (int run = 0; run < 30_000; run++)
        {
            byte[] record = MutatedRecord(prng);
            int fastPosition = 0;
            if (!CommonRecordParser.TryParse(record, ref fastPosition, out RecordLayout fast))
            {
                Assert.Equal(0, fastPosition);
                refused++;
                continue;
            }

            taken++;
            int position = 0;
            RecordFault fault = RecordParser.Parse(record, ref position, out RecordLayout layout);
            Assert.True(fault == RecordFault.None, $"{fault}: {Convert.ToHexString(record)}");
            Assert.Equal(position, fastPosition);
            Assert.Equal(layout, fast);
        }

        Assert.True(taken > 1000 && refused > 1000, $"{taken} taken, {refused} refused");
    }

    [Fact]
    public void A_record_in_pieces_gets_the_answer_that_it_gets_in_one()
    {
        var prng = new Prng(17);
        var faults = new HashSet<RecordFault>();
        for (int run = 0; run < 60_000; run++)
        {
            byte[] record = prng.OneIn(2) ? MutatedRecord(prng) : MutatedRecordWithHeaders(prng);
            record = prng.OneIn(5) ? record[..(1 + prng.Next(record.Length - 1))] : record;
            int position = 0;
            RecordFault expected = RecordParser.Parse(record, ref position, out RecordLayout layout);
            faults.Add(expected);

            RecordFault fault = ParsePieces(record, prng, out int end, out RecordLayout partial);

            Assert.True(fault == expected, $"{fault}, not {expected}: {Convert.ToHexString(record)}");
            if (expected == RecordFault.None)
            {
                Assert.Equal(position, end);
                Assert.Equal(
                    (layout.TimestampDelta, layout.OffsetDelta, layout.KeyLength, layout.ValueLength, layout.HeaderCount),
                    (partial.TimestampDelta, partial.OffsetDelta, partial.KeyLength, partial.ValueLength, partial.HeaderCount));
            }
        }

        RecordFault[] all =
        [
            RecordFault.None, RecordFault.BadVarint, RecordFault.BadRecordLength, RecordFault.BadRecordField, RecordFault.BadHeaders,
        ];
        Assert.Equal(all.Order(), faults.Order());
    }

    [Fact]
    public void The_fast_parser_takes_the_records_it_is_meant_for()
    {
        byte[] batch = Batches.Build(
            Enumerable.Range(0, 20_000).Select(i => new RecordModel(i, i % 2 == 0 ? null : [1, 2, 3], new byte[100], [])));
        int position = RecordBatchHeader.Size;
        int taken = 0;

        while (CommonRecordParser.TryParse(batch, ref position, out _))
        {
            taken++;
        }

        Assert.Equal(19_999, taken); // all but the last, which has no room behind
    }

    private static RecordFault ParsePieces(byte[] bytes, Prng prng, out int end, out RecordLayout layout)
    {
        var record = default(PartialRecord);
        record.Begin();
        layout = default;
        for (end = 0; end < bytes.Length;)
        {
            int taken = 0;
            ReadOnlySpan<byte> piece = bytes.AsSpan(end, Math.Min(prng.Next(8), bytes.Length - end));
            bool isEnd = record.TryEnd(piece, ref taken, out layout, out RecordFault fault);
            end += taken;
            if (isEnd)
            {
                Assert.False(record.IsOpen);
                return fault;
            }

            Assert.Equal(piece.Length, taken);
        }

        Assert.True(record.IsOpen);
        return record.CutFault;
    }

    private static byte[] MutatedRecordWithHeaders(Prng prng)
    {
        byte[] record = Batches.Build([Batches.Random(prng) with { Value = new byte[prng.Next(70)] }])[RecordBatchHeader.Size..];
        for (int i = prng.Next(3); i > 0; i--)
        {
            record[prng.Next(record.Length)] = (byte)prng.Next(prng.OneIn(2) ? 16 : 256);
        }

        return [.. record, .. new byte[prng.Next(5)]];
    }

    /// <summary>A short record of the common form, one of whose first bytes is often something else; with room behind.</summary>
    private static byte[] MutatedRecord(Prng prng)
    {
        byte[] batch = Batches.Build(
        [
            new RecordModel(0, null, null, []),
            new RecordModel(prng.Next(300_000), prng.OneIn(2) ? null : new byte[prng.Next(5)], new byte[prng.Next(5)], []),
        ]);
        byte[] record = [.. batch.AsSpan(RecordBatchHeader.Size + 7), .. new byte[RoomBehind]];
        if (!prng.OneIn(4))
        {
            record[prng.Next(record.Length - RoomBehind)] = (byte)prng.Next(prng.OneIn(2) ? 16 : 256);
        }

        return record;
    }
}
