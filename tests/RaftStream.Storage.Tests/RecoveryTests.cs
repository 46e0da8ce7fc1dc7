using RaftStream.Model;
using RaftStream.Simulation.Disk;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>Damaged files of each kind: the start goes on, and nothing false is served (P78, F-5).</summary>
public sealed class RecoveryTests
{
    private const string Folder = TestDirectory.Path + "/t-0";

    private readonly SimulatedDisk _disk = new(seed: 1) { NowMs = 1000 };

    /// <summary>Three segments of three batches of two records, flushed and checkpointed; then the process is killed.</summary>
    private byte[] ThreeSegments(bool clean = false)
    {
        LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne);
        PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 300, IndexIntervalBytes = 1, CheckpointBytes = 1 });
        for (int i = 0; i < 9; i++)
        {
            log.Append(Batches.Of(2, timestampMs: 1000 + i, filler: (byte)i), epoch: i / 4);
        }

        byte[] bytes = log.ReadAll();
        log.Flush();
        directory.WriteCheckpoints();
        if (clean)
        {
            directory.CloseCleanly(BrokerEpoch.None);
        }

        _disk.RestartProcess(evictCleanPages: true);
        return bytes;
    }

    private PartitionLog Reopen() => LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne).Find("t", 0)!;

    [Theory]
    [InlineData("/recovery-point-offset-checkpoint")]
    [InlineData("/replication-offset-checkpoint")]
    [InlineData("/flushed-offset-checkpoint")]
    [InlineData("/t-0/leader-epoch-checkpoint")]
    [InlineData("/t-0/00000000000000000000.index")]
    [InlineData("/t-0/00000000000000000000.timeindex")]
    [InlineData("/t-0/00000000000000000006.snapshot")]
    public void A_small_file_that_is_empty_cut_or_garbage_is_rebuilt(string file)
    {
        foreach (byte[] damage in (byte[][])[[], [1], [.. Enumerable.Repeat((byte)0xEE, 1000)], new byte[4096]])
        {
            var test = new RecoveryTests();
            byte[] bytes = test.ThreeSegments();
            test._disk.Overwrite(TestDirectory.Path + file, damage);

            PartitionLog log = test.Reopen();

            Assert.Equal(bytes, log.ReadAll());
            Assert.Equal([(0, 0L), (1, 8L), (2, 16L)], log.State.Epochs.Entries.Select(entry => (entry.Epoch.Value, entry.Start.Value)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_flipped_bit_in_an_offset_index_never_changes_what_a_read_returns(bool clean)
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            var test = new RecoveryTests();
            byte[] bytes = test.ThreeSegments(clean);
            string index = test._disk.ListFiles(Folder).Where(name => name.EndsWith(".index", StringComparison.Ordinal)).ElementAt((int)(seed % 3));
            test._disk.FlipBit($"{Folder}/{index}");

            Assert.Equal(bytes, test.Reopen().ReadAll(maxBytes: 100));
        }
    }

    [Fact]
    public void A_torn_tail_is_cut_at_the_last_whole_batch()
    {
        ThreeSegments();
        LogDirectory directory = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
        PartitionLog log = directory.Find("t", 0)!;
        log.Append(Batches.Of(2), epoch: 3);
        log.Append(Batches.Of(2, valueBytes: 50), epoch: 3);
        string last = log.State.Segments.Active.LogPath;
        _disk.RestartProcess(evictCleanPages: false);
        _disk.Overwrite(last, _disk.ReadAll(last).AsSpan()[..^20]);

        log = Reopen();

        Assert.Equal(new Offset(20), log.LogEndOffset);
        Assert.True(log.Recovery.CutBytes > 0);
        Assert.Null(log.SuspectReason);
    }

    [Fact]
    public void R_15_6_a_recovery_that_loses_its_power_keeps_the_producers_of_what_lies_below_the_log_start()
    {
        for (int effects = 1; effects < 40; effects++)
        {
            var disk = new SimulatedDisk((ulong)effects) { NowMs = 1000 };
            LogDirectory directory = TestDirectory.OpenNew(disk, options: TestDirectory.OneByOne);
            PartitionLog log = directory.CreateLog(new LogOptions { CheckpointBytes = 1 });
            log.Append(Batches.Of(2, 1000, 10, 7, (Id: 5, Epoch: 0, Sequence: 0)));
            log.Flush();
            directory.WriteCheckpoints(); // The recovery point: the next start begins a segment there.
            log.Append(Batches.Of(2, 1000, 10, 7, (Id: 6, Epoch: 0, Sequence: 0)));
            log.Flush();
            log.AdvanceLogStart(new Offset(3));
            disk = disk.CrashImage(1);
            disk.PowerLossIn(effects);
            try
            {
                LogDirectory.Open(disk, TestDirectory.Path, TestDirectory.OneByOne).Dispose();
            }
            catch (SimulatedPowerLossException)
            {
                disk = disk.CrashImage(1);
            }

            disk.PowerLossIn(long.MaxValue);
            disk.RestartProcess(evictCleanPages: false);

            log = LogDirectory.Open(disk, TestDirectory.Path, TestDirectory.OneByOne).Find("t", 0)!;

            Assert.Equal((new Offset(3), new Offset(4)), (log.LogStartOffset, log.LogEndOffset));
            Assert.Equal((1, 1), (log.Producers.Find(5)?.LastSequence, log.Producers.Find(6)?.LastSequence));
        }
    }

    [Fact]
    public void R_14_5_a_log_that_lost_everything_above_its_start_still_knows_its_producers()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            var disk = new SimulatedDisk(seed) { NowMs = 1000 };
            LogDirectory directory = TestDirectory.OpenNew(disk, options: TestDirectory.OneByOne);
            PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 300 });
            log.Append(Batches.Of(2, 1000, 10, 7, (Id: 5, Epoch: 0, Sequence: 0)));
            log.Flush();
            for (ulong i = 0; i < 3 + (seed % 9); i++)
            {
                log.Append(Batches.Of(2));
            }

            log.AdvanceLogStart(log.LogEndOffset); // The log start may run ahead of what is flushed.
            log.Append(Batches.Of(1));
            log.AdvanceLogStart(log.LogEndOffset);
            disk.PowerLossIn(0);

            log = LogDirectory.Open(disk.CrashImage(seed), TestDirectory.Path, TestDirectory.OneByOne).Find("t", 0)!;

            Assert.Equal(1, log.Producers.Find(5)?.LastSequence);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void R_13_1_a_log_that_begins_anew_further_in_front_promises_nothing_of_what_it_was(bool isEmpty)
    {
        ThreeSegments();
        LogDirectory directory = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
        PartitionLog log = directory.Find("t", 0)!;
        log.UpdateOptions(log.Options with { SegmentBytes = 300 });
        log.TruncateFullyAt(new Offset(100));
        if (!isEmpty)
        {
            log.Append(Batches.Of(2), epoch: 3);
            log.Flush();
        }

        directory.WriteCheckpoints();
        log.TruncateFullyAt(new Offset(20)); // Its new leader's log is shorter.
        for (int i = 0; i < 9; i++)
        {
            log.Append(Batches.Of(2), epoch: 4);
        }

        byte[] bytes = log.ReadAll();
        _disk.RestartProcess(evictCleanPages: false);

        log = Reopen();

        Assert.Null(log.SuspectReason);
        Assert.Equal(bytes, log.ReadAll());
        Assert.Equal([(4, 20L)], log.State.Epochs.Entries.Select(entry => (entry.Epoch.Value, entry.Start.Value)));
        Assert.Equal(bytes.Length, log.Recovery.RewrittenBytes); // None of it was ever flushed.
    }

    [Fact]
    public void S_S4_what_retention_deleted_stays_away_when_the_log_begins_anew_further_in_front()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            var test = new RecoveryTests();
            test.ThreeSegments();
            LogDirectory directory = LogDirectory.Open(test._disk, TestDirectory.Path, TestDirectory.OneByOne);
            PartitionLog log = directory.Find("t", 0)!;
            log.AdvanceLogStart(new Offset(12));
            test._disk.PowerLossIn(1 + (long)(seed % 12));
            try
            {
                log.TruncateFullyAt(new Offset(7));
            }
            catch (SimulatedPowerLossException)
            {
            }

            log = LogDirectory.Open(test._disk.CrashImage(seed), TestDirectory.Path, TestDirectory.OneByOne).Find("t", 0)!;

            Assert.Null(log.SuspectReason);
            Assert.Contains((log.LogStartOffset.Value, log.LogEndOffset.Value), new[] { (12L, 18L), (7L, 7L) });
        }
    }

    [Fact]
    public void A_cut_below_the_recovery_point_is_reported()
    {
        ThreeSegments();
        string last = $"{Folder}/00000000000000000012.log";
        _disk.Overwrite(last, _disk.ReadAll(last).AsSpan()[..^20]);

        PartitionLog log = Reopen();

        Assert.Equal(new Offset(16), log.LogEndOffset);
        Assert.NotNull(log.SuspectReason);
    }

    [Fact]
    public void A_missing_segment_is_reported_by_the_read_that_needs_it()
    {
        ThreeSegments();
        _disk.DeleteFile($"{Folder}/00000000000000000006.log");

        PartitionLog log = Reopen();
        LogSlice slice = log.Read(new Offset(7), 1000, log.LogEndOffset);

        Assert.Equal(ErrorCode.KafkaStorageError, slice.Error);
        Assert.NotNull(log.SuspectReason);
        Assert.Equal(ErrorCode.None, log.Read(new Offset(12), 1000, log.LogEndOffset).Error);
    }

    [Theory]
    [InlineData(FlushMode.Commit)]
    [InlineData(FlushMode.Os)]
    public void R_14_4_a_cut_below_the_checkpointed_high_watermark_is_reported_and_the_watermark_clamped(FlushMode flush)
    {
        ThreeSegments();
        LogDirectory directory = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
        PartitionLog log = directory.Find("t", 0)!;
        log.Append(Batches.Of(2), epoch: 3);
        log.Flush();
        log.HighWatermark = log.LogEndOffset;
        log.UpdateOptions(log.Options with { CheckpointBytes = 1 << 20, Flush = flush });
        directory.WriteCheckpoints();
        string last = log.State.Segments.Active.LogPath;
        _disk.RestartProcess(evictCleanPages: false);
        _disk.Overwrite(last, _disk.ReadAll(last).AsSpan()[..^20]);

        log = Reopen();

        Assert.Equal(new Offset(18), log.HighWatermark);
        Assert.NotNull(log.Recovery.SuspectReason);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(20, 2)] // the last batch is torn
    public void R_14_7_the_high_watermark_is_known_again_though_nothing_was_flushed(int lost, long expected)
    {
        // With flush=os a replica that comes back alone serves what was committed, up to its last checkpoint.
        LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne);
        PartitionLog log = directory.CreateLog(new LogOptions { Flush = FlushMode.Os });
        log.Append(Batches.Of(2), epoch: 3);
        log.Append(Batches.Of(2), epoch: 3);
        log.HighWatermark = log.LogEndOffset;
        directory.WriteCheckpoints();
        string last = log.State.Segments.Active.LogPath;
        _disk.RestartProcess(evictCleanPages: false);
        _disk.Overwrite(last, _disk.ReadAll(last).AsSpan()[..^lost]);

        log = Reopen();

        Assert.Equal(new Offset(expected), log.HighWatermark);
        Assert.Null(log.Recovery.SuspectReason);
    }

    [Fact]
    public void R_14_4_what_was_never_flushed_is_no_loss_whatever_the_high_watermark_was() // mode os commits it
    {
        LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne);
        PartitionLog log = directory.CreateLog(new LogOptions { Flush = FlushMode.Os });
        log.Append(Batches.Of(2), epoch: 3);
        log.HighWatermark = log.LogEndOffset;
        directory.WriteCheckpoints();
        string last = log.State.Segments.Active.LogPath;
        _disk.RestartProcess(evictCleanPages: false);
        _disk.Overwrite(last, []);

        log = Reopen();

        Assert.Equal(Offset.Zero, log.LogEndOffset);
        Assert.Null(log.Recovery.SuspectReason);
    }

    [Fact]
    public void A_folder_without_its_topic_id_is_set_aside_and_kept()
    {
        ThreeSegments();
        _disk.Overwrite($"{Folder}/partition.metadata", [1, 2, 3]);

        Assert.Null(Reopen());
        Assert.Contains("t-0.damaged", _disk.ListDirectories(TestDirectory.Path));
    }

    [Fact]
    public void R_12_4_what_is_set_aside_again_takes_another_name_and_counts_as_the_same_partition()
    {
        ThreeSegments();
        string[] copies = ["t-0.damaged", "t-0.2.damaged", "t-0.3.damaged"];
        foreach (string copy in copies)
        {
            _disk.Overwrite($"{Folder}/partition.metadata", [1, 2, 3]);
            using LogDirectory directory = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
            Assert.Contains(copy, _disk.ListDirectories(TestDirectory.Path));
            Assert.Equal([("t", 0)], directory.Lost.Select(lost => (lost.Topic, lost.Partition)));
            directory.CreateLog().Append(Batches.Of(1));
        }

        Assert.Equal(copies.Order(StringComparer.Ordinal), _disk.ListDirectories(TestDirectory.Path).Where(name => name != "t-0"));
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("folder without checkpoints")]
    [InlineData("metadata")]
    [InlineData("metadata without checkpoints")]
    public void R_14_4_a_partition_whose_folder_is_gone_or_nameless_is_lost_until_that_is_known(string damage)
    {
        ThreeSegments();
        if (damage.StartsWith("metadata", StringComparison.Ordinal))
        {
            _disk.Overwrite($"{Folder}/partition.metadata", [1, 2, 3]);
        }
        else
        {
            _disk.DeleteDirectory(Folder);
        }

        if (damage.EndsWith("checkpoints", StringComparison.Ordinal))
        {
            _disk.DeleteFile($"{TestDirectory.Path}/recovery-point-offset-checkpoint");
            _disk.DeleteFile($"{TestDirectory.Path}/replication-offset-checkpoint");
            _disk.DeleteFile($"{TestDirectory.Path}/flushed-offset-checkpoint");
        }

        bool isKnown = damage != "folder without checkpoints"; // Then nothing is left that could tell.
        for (int start = 0; start < 2; start++)
        {
            using LogDirectory crashed = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
            Assert.Equal(isKnown ? [("t", 0)] : [], crashed.Lost.Select(lost => (lost.Topic, lost.Partition)));
        }

        using (LogDirectory told = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne))
        {
            told.CreateLog();
            told.ForgetLost();
        }

        using LogDirectory after = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
        Assert.Empty(after.Lost);
    }

    [Fact]
    public void R_14_4_a_partition_that_was_deleted_is_not_lost()
    {
        ThreeSegments();
        using (LogDirectory directory = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne))
        {
            directory.Delete(directory.Find("t", 0)!, nowMs: 1);
        }

        using LogDirectory after = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
        Assert.Empty(after.Lost);
    }

    [Fact]
    public void Remains_of_interrupted_work_are_removed()
    {
        ThreeSegments();
        _disk.Open($"{Folder}/00000000000000000099.log.tmp", FileOpenMode.CreateNew).Dispose();
        _disk.Open($"{Folder}/00000000000000000098.log.deleted", FileOpenMode.CreateNew).Dispose();
        _disk.Open($"{Folder}/00000000000000000097.index", FileOpenMode.CreateNew).Dispose();
        _disk.Open($"{Folder}/00000000000000000096.snapshot", FileOpenMode.CreateNew).Dispose();

        Reopen();

        Assert.DoesNotContain(_disk.ListFiles(Folder), name => name.Contains("000009", StringComparison.Ordinal));
    }

    [Fact]
    public void Zeros_behind_the_data_are_its_end()
    {
        byte[] bytes = ThreeSegments();
        string last = $"{Folder}/00000000000000000012.log";
        _disk.Overwrite(last, [.. _disk.ReadAll(last), .. new byte[5000]]);

        PartitionLog log = Reopen();

        Assert.Equal(bytes, log.ReadAll());
        Assert.Null(log.SuspectReason);
    }
}
