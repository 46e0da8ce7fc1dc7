using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

public sealed class PartitionLogTests
{
    [Fact]
    public void Appended_batches_are_read_back_with_their_offsets_and_epoch()
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = directory.CreateLog();

        Assert.Equal(new Offset(0), log.Append(Batches.Of(3), epoch: 4));
        Assert.Equal(new Offset(3), log.Append(Batches.Of(2), epoch: 5));

        List<RecordBatchHeader> headers = Batches.Headers(log.ReadAll());
        Assert.Equal([(0L, 4), (3L, 5)], headers.Select(header => (header.BaseOffset.Value, header.PartitionLeaderEpoch.Value)));
        Assert.Equal(new Offset(5), log.LogEndOffset);
        Assert.Equal(new LeaderEpoch(5), log.LastEpoch);
    }

    [Fact]
    public void A_clean_stop_is_trusted_at_the_next_start()
    {
        var files = new MemoryFileSystem();
        byte[] before;
        using (LogDirectory directory = TestDirectory.OpenNew(files))
        {
            PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 500 });
            for (int i = 0; i < 50; i++)
            {
                log.Append(Batches.Of(1 + (i % 3), filler: (byte)i), epoch: i / 10);
            }

            before = log.ReadAll();
            Assert.True(directory.CloseCleanly(new BrokerEpoch(77)));
        }

        using LogDirectory again = LogDirectory.Open(files, TestDirectory.Path, TestDirectory.OneByOne);
        PartitionLog reopened = again.Find("t", 0)!;
        Assert.Equal(new BrokerEpoch(77), again.CleanShutdownEpoch);
        Assert.True(reopened.Recovery.Clean);
        Assert.Equal(before, reopened.ReadAll());
    }

    [Fact]
    public void An_unclean_stop_is_scanned_and_rewritten()
    {
        var files = new MemoryFileSystem();
        byte[] before;
        using (LogDirectory directory = TestDirectory.OpenNew(files))
        {
            PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 500 });
            for (int i = 0; i < 50; i++)
            {
                log.Append(Batches.Of(1 + (i % 3), filler: (byte)i), epoch: i / 10);
            }

            before = log.ReadAll();
        }

        using LogDirectory again = LogDirectory.Open(files, TestDirectory.Path, TestDirectory.OneByOne);
        PartitionLog reopened = again.Find("t", 0)!;
        Assert.False(again.WasCleanShutdown);
        Assert.Equal(before.Length, reopened.Recovery.ScannedBytes);
        Assert.Equal(before, reopened.ReadAll());
        Assert.Null(reopened.SuspectReason);
    }

    [Fact]
    public void Truncation_cuts_at_the_batch_border_and_the_log_goes_on_from_there()
    {
        var files = new MemoryFileSystem();
        using LogDirectory directory = TestDirectory.OpenNew(files);
        PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 300 });
        for (int i = 0; i < 20; i++)
        {
            log.Append(Batches.Of(2, filler: (byte)i), epoch: i / 5);
        }

        Assert.Equal(new Offset(16), log.TruncateTo(new Offset(17)));
        Assert.Equal(new EpochEndOffset(new LeaderEpoch(1), new Offset(16)), log.EndOffsetForEpoch(new LeaderEpoch(1)));
        Assert.Equal(new LeaderEpoch(1), log.LastEpoch);
        Assert.Equal(new Offset(16), log.Append(Batches.Of(1), epoch: 7));
        Assert.Equal(9, Batches.Headers(log.ReadAll()).Count);
    }
}
