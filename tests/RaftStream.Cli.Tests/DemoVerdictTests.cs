using System.Text;
using RaftStream.Cli.Demo;
using RaftStream.Client;

namespace RaftStream.Cli.Tests;

/// <summary>The demo's judge: each way in which a broker could cheat must be seen.</summary>
public sealed class DemoVerdictTests
{
    private static readonly byte[][] Lines = [.. Enumerable.Range(0, 6).Select(i => Encoding.UTF8.GetBytes($"line {i}"))];

    [Fact]
    public void Everything_as_sent_holds()
    {
        DemoVerdict verdict = Judge(Enumerable.Range(0, 6).Select(i => Record(i, i)));

        Assert.True(verdict.Holds);
        Assert.Equal((6, 6, 6), (verdict.Sent, verdict.Acknowledged, verdict.Returned));
    }

    [Fact]
    public void A_record_stored_twice_since_its_answer_was_lost_is_a_duplicate_and_holds()
    {
        // Lines 0 to 2 were stored at 0 to 2, sent again, and acknowledged at 3 to 5.
        DemoVerdict verdict = Judge(
            [Record(0, 0), Record(1, 1), Record(2, 2), Record(3, 0), Record(4, 1), Record(5, 2), Record(6, 3), Record(7, 4), Record(8, 5)],
            baseOffset: 3);

        Assert.True(verdict.Holds);
        Assert.Equal(3, verdict.Duplicates);
    }

    [Fact]
    public void A_lost_record_is_missing()
    {
        DemoVerdict verdict = Judge(Enumerable.Range(0, 5).Select(i => Record(i, i)));

        Assert.False(verdict.Holds);
        Assert.Equal(1, verdict.Missing);
    }

    [Fact]
    public void A_changed_byte_is_seen()
    {
        DemoVerdict verdict = Judge(Enumerable.Range(0, 6).Select(i => i == 3 ? new ReturnedRecord(3, 3, "line X"u8.ToArray()) : Record(i, i)));

        Assert.False(verdict.Holds);
        Assert.Equal(1, verdict.Changed);
    }

    [Fact]
    public void Two_records_that_changed_places_are_seen()
    {
        DemoVerdict verdict = Judge([Record(0, 1), Record(1, 0), .. Enumerable.Range(2, 4).Select(i => Record(i, i))]);

        Assert.False(verdict.Holds);
        Assert.Equal(2, verdict.Changed);
    }

    [Fact]
    public void A_gap_between_offsets_is_seen()
    {
        DemoVerdict verdict = Judge([Record(0, 0), .. Enumerable.Range(1, 5).Select(i => Record(i + 1, i))]);

        Assert.False(verdict.Holds);
        Assert.Equal(1, verdict.Gaps);
    }

    [Fact]
    public void A_record_that_nobody_sent_is_a_stranger()
    {
        DemoVerdict verdict = Judge([.. Enumerable.Range(0, 6).Select(i => Record(i, i)), new ReturnedRecord(6, 2, "line 5"u8.ToArray())]);

        Assert.False(verdict.Holds);
        Assert.Equal(1, verdict.Strangers);
    }

    [Fact]
    public void A_record_without_an_acknowledgement_does_not_hold()
    {
        DemoVerdict verdict = Judge(Enumerable.Range(0, 6).Select(i => Record(i, i)), acknowledged: 5);

        Assert.False(verdict.Holds);
        Assert.Equal(1, verdict.Strangers);
    }

    [Fact]
    public void Acknowledgements_that_go_back_are_out_of_order()
    {
        var sent = new SentLines();
        sent.Note(new ProduceTicket(0, 0));
        sent.Note(new ProduceTicket(0, 1));
        sent.OnDelivered(Range(first: 0, count: 1, baseOffset: 1));
        sent.OnDelivered(Range(first: 1, count: 1, baseOffset: 0));

        DemoVerdict verdict = DemoVerdict.Compare(Lines, sent, [[Record(0, 1), Record(1, 0)]]);

        Assert.False(verdict.Holds);
        Assert.Equal(1, verdict.OutOfOrder);
    }

    private static DemoVerdict Judge(IEnumerable<ReturnedRecord> returned, long baseOffset = 0, int acknowledged = 6)
    {
        var sent = new SentLines();
        for (int i = 0; i < Lines.Length; i++)
        {
            sent.Note(new ProduceTicket(0, i));
        }

        sent.OnDelivered(Range(first: 0, acknowledged, baseOffset));
        return DemoVerdict.Compare(Lines, sent, [[.. returned]]);
    }

    private static DeliveryRange Range(long first, int count, long baseOffset) => new()
    {
        Partition = new NamedPartition("demo", 0),
        FirstSequence = first,
        Count = count,
        BaseOffset = baseOffset,
        LogAppendTimeMs = -1,
        Error = null,
    };

    private static ReturnedRecord Record(long offset, int line) => new(offset, line, Lines[line]);
}
