using RaftStream.Model;
using RaftStream.Records.Producers;

namespace RaftStream.Records.Tests.Producers;

public sealed class ProducerTableTests
{
    private readonly ProducerTable _table = new();
    private long _logEnd;

    [Fact]
    public void G_3_4_a_new_producer_begins_at_sequence_0()
    {
        Assert.Equal(ErrorCode.UnknownProducerId, Check(sequence: 3).Error);
        Assert.Contains("must begin at sequence 0", Check(sequence: 3).Reason, StringComparison.Ordinal);
        Assert.Equal(default, Check(sequence: 0));
    }

    [Fact]
    public void G_3_4_what_continues_is_accepted_and_a_gap_is_refused()
    {
        Take(sequence: 0, records: 10);

        Assert.Equal(default, Check(sequence: 10));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(sequence: 11).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(sequence: 9, records: 5).Error); // half old, half new
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void G_3_4_each_of_the_last_five_batches_is_known_again_with_its_offset_and_time(int back)
    {
        for (int i = 0; i < 8; i++)
        {
            Take(sequence: i * 10, records: 10, logAppendTimeMs: 1000 + i);
        }

        ProducedBatch original = Assert.NotNull(Check(sequence: (8 - back) * 10, records: 10).Original);

        Assert.Equal((8 - back) * 10, original.BaseOffset.Value);
        Assert.Equal(((8 - back) * 10) + 10, original.End.Value);
        Assert.Equal(1000 + 8 - back, original.LogAppendTimeMs);
    }

    [Fact]
    public void G_3_4_an_older_batch_is_a_duplicate_of_unknown_offset()
    {
        for (int i = 0; i < 8; i++)
        {
            Take(sequence: i * 10, records: 10);
        }

        Assert.Equal(ErrorCode.DuplicateSequenceNumber, Check(sequence: 20, records: 10).Error);
        Assert.Equal(ErrorCode.DuplicateSequenceNumber, Check(sequence: 75, records: 5).Error); // not as it was sent before
    }

    [Fact]
    public void G_3_4_epochs_fence_older_ones_and_begin_at_0()
    {
        Take(sequence: 0, records: 10, epoch: 4);

        Assert.Equal(ErrorCode.InvalidProducerEpoch, Check(sequence: 10, epoch: 3).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(sequence: 10, epoch: 5).Error);
        Assert.Equal(default, Check(sequence: 0, epoch: 5));
        Take(sequence: 0, records: 10, epoch: 5);
        Assert.Equal(1, _table.Find(7)!.Count); // G-3.6
    }

    [Fact]
    public void G_3_3_sequences_go_on_at_0_behind_the_largest_number()
    {
        Take(sequence: 0, records: 10);
        _table.Take(Header(int.MaxValue - 4, 10) with { BaseOffset = new Offset(_logEnd) }, nowMs: 0); // as if 2^31 records had come
        _logEnd += 10;

        Assert.Equal(4, _table.Find(7)!.LastSequence);
        Assert.Equal(default, Check(sequence: 5));
        Assert.NotNull(Check(sequence: int.MaxValue - 4, records: 10).Original);
        Assert.Equal(ErrorCode.DuplicateSequenceNumber, Check(sequence: int.MaxValue - 9, records: 5).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(sequence: 6).Error);
        Assert.Equal(0, ProducerSequence.Next(int.MaxValue));
        Assert.Equal(2, ProducerSequence.Plus(int.MaxValue - 2, 5));
    }

    [Fact]
    public void G_3_5_what_a_leader_appended_is_taken_and_a_gap_is_counted()
    {
        Take(sequence: 0, records: 10);
        Take(sequence: 50, records: 10);

        Assert.Equal(1, _table.Gaps);
        Assert.Equal(59, _table.Find(7)!.LastSequence);
    }

    [Fact]
    public void G_3_8_batches_without_a_producer_leave_no_trace()
    {
        _table.Take(Header(-1, 10) with { ProducerId = -1, ProducerEpoch = -1 }, nowMs: 0);

        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void G_3_9_a_silent_producer_is_forgotten_and_may_begin_anew()
    {
        Take(sequence: 0, records: 10, nowMs: 1000);
        Take(sequence: 10, records: 10, nowMs: 2000);

        Assert.Equal(0, _table.Expire(nowMs: 2500, expirationMs: 500));
        Assert.Equal(1, _table.Expire(nowMs: 2501, expirationMs: 500));
        Assert.Equal(ErrorCode.UnknownProducerId, Check(sequence: 20).Error);
    }

    [Fact]
    public void P_102_what_is_saved_comes_back_with_all_batches()
    {
        for (int i = 0; i < 7; i++)
        {
            Take(sequence: i * 10, records: 10, logAppendTimeMs: i, nowMs: 5000 + i);
        }

        string[] lines = [.. _table.Save()];
        var back = new ProducerTable();

        Assert.True(back.TryLoad(lines));
        Assert.Equal(lines, back.Save());
        Assert.Equal(5, back.Find(7)!.Count);
        Assert.Equal(5006, back.Find(7)!.LastSeenMs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7 0")]
    [InlineData("7 0 100")]
    [InlineData("-1 0 100 0,9,9,9,-1")]
    [InlineData("7 99999 100 0,9,9,9,-1")]
    [InlineData("7 0 100 0,9,9")]
    [InlineData("7 0 100 0,9,5,9,-1")] // begins below offset 0
    [InlineData("7 0 100 0,9,9,9,-1 10,x,19,9,-1")]
    [InlineData("7 0 1 0,0,0,0,-1 1,1,1,0,-1 2,2,2,0,-1 3,3,3,0,-1 4,4,4,0,-1 5,5,5,0,-1")]
    public void A_line_that_cannot_be_read_makes_the_whole_unreadable(string line)
    {
        Take(sequence: 0, records: 1);

        Assert.False(_table.TryLoad(["8 0 100 0,9,9,9,-1", line]));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Two_lines_of_one_producer_cannot_be_read() =>
        Assert.False(_table.TryLoad(["8 0 100 0,9,9,9,-1", "8 0 100 0,9,9,9,-1"]));

    [Fact]
    public void Checking_and_taking_allocates_nothing()
    {
        Take(sequence: 0, records: 10);
        int refused = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 1000; i++)
        {
            RecordBatchHeader header = Header(i * 10, 10);
            refused += _table.Check(header).Error == ErrorCode.None ? 0 : 1;
            _table.Take(header with { BaseOffset = new Offset(i * 10) }, nowMs: i);
        }

        long after = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(before, after);
        Assert.Equal(0, refused);
    }

    private ProducerVerdict Check(int sequence, int records = 1, short epoch = 0) => _table.Check(Header(sequence, records, epoch));

    private void Take(int sequence, int records, short epoch = 0, long logAppendTimeMs = -1, long nowMs = 0)
    {
        RecordBatchHeader header = Header(sequence, records, epoch) with { BaseOffset = new Offset(_logEnd) };
        if (logAppendTimeMs >= 0)
        {
            header = header with { Attributes = 8, MaxTimestamp = logAppendTimeMs };
        }

        _table.Take(header, nowMs);
        _logEnd += records;
    }

    private static RecordBatchHeader Header(int sequence, int records, short epoch = 0) => new()
    {
        BaseOffset = new Offset(0),
        Magic = RecordBatchHeader.CurrentMagic,
        LastOffsetDelta = records - 1,
        RecordCount = records,
        ProducerId = 7,
        ProducerEpoch = epoch,
        BaseSequence = sequence,
        MaxTimestamp = 77,
    };
}
