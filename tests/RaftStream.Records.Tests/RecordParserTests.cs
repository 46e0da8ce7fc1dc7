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
