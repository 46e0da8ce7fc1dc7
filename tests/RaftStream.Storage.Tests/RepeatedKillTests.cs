using RaftStream.Model;
using RaftStream.Simulation.Disk;

namespace RaftStream.Storage.Tests;

/// <summary>Unflushed tails of killed processes go back to where they were: nothing is lost, and nothing piles up.</summary>
public sealed class RepeatedKillTests
{
    private const string Folder = TestDirectory.Path + "/t-0";

    private static readonly LogOptions Checkpointed = new() { Flush = FlushMode.Os, CheckpointBytes = 1, IndexIntervalBytes = 100 };

    private readonly SimulatedDisk _disk = new(seed: 1) { NowMs = 1000 };

    [Theory]
    [InlineData(0)]
    [InlineData(30_000)]
    public void A_log_has_as_many_segments_and_open_files_after_twenty_kills_as_after_one(int flushedBytes)
    {
        LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne);
        PartitionLog log = directory.CreateLog(Checkpointed);
        var expected = new MemoryStream();
        int? handles = null;
        for (int kill = 0; kill < 20; kill++)
        {
            log.UpdateOptions(Checkpointed);
            log.Append(Batches.Of(2, valueBytes: 1 + (flushedBytes / 2), filler: (byte)kill), epoch: 2 * kill);
            log.Flush();
            directory.WriteCheckpoints();
            log.Append(Batches.Of(3, filler: (byte)kill), epoch: 2 * kill);
            log.Append(Batches.Of(1, filler: (byte)kill), epoch: (2 * kill) + 1);
            expected.Write(log.ReadAll(maxBytes: 1 << 20).AsSpan((int)expected.Length));

            _disk.RestartProcess(evictCleanPages: kill % 2 == 0);
            directory = LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne);
            log = directory.Find("t", 0)!;

            Assert.True(log.Recovery.RewrittenBytes > 0);
            Assert.Equal(expected.ToArray(), log.ReadAll(maxBytes: 1 << 20));
            Assert.Equal(Enumerable.Range(0, 2 * (kill + 1)), log.State.Epochs.Entries.Select(entry => entry.Epoch.Value));
            Assert.Equal(1, log.State.Segments.Count);
            Assert.Single(_disk.ListFiles(Folder), name => name.EndsWith(".log", StringComparison.Ordinal));
            Assert.Equal(handles ??= _disk.OpenHandles, _disk.OpenHandles);
        }
    }

    [Fact]
    public void A_kill_at_any_moment_of_a_recovery_loses_nothing()
    {
        int moments = 0;
        for (bool isOver = false; !isOver; moments++)
        {
            var test = new RepeatedKillTests();
            byte[] expected = test.KillWithTail(out _);
            test._disk.PowerLossIn(1 + moments);
            isOver = test.TryOpen();
            test._disk.RestartProcess(evictCleanPages: moments % 2 == 0);
            test._disk.PowerLossIn(long.MaxValue);

            Assert.Equal(expected, test.Reopen().ReadAll());
        }

        Assert.True(moments > 10, $"{moments} moments");
    }

    [Fact]
    public void S_S1_a_power_loss_at_any_moment_of_a_recovery_takes_nothing_that_was_durable()
    {
        bool isOver = false;
        for (int moment = 0; !isOver; moment++)
        {
            for (ulong image = 0; image < 40; image++)
            {
                var test = new RepeatedKillTests();
                byte[] all = test.KillWithTail(out int durable);
                test._disk.PowerLossIn(1 + moment);
                isOver = test.TryOpen();

                using LogDirectory directory = LogDirectory.Open(test._disk.CrashImage(image), TestDirectory.Path, TestDirectory.OneByOne);
                byte[] found = directory.Find("t", 0)!.ReadAll();

                Assert.InRange(found.Length, isOver ? all.Length : durable, all.Length);
                Assert.Equal(all[..found.Length], found);
            }
        }
    }

    [Fact]
    public void R_15_6_what_is_known_of_producers_survives_a_recovery_that_is_interrupted()
    {
        bool isOver = false;
        for (int moment = 0; !isOver; moment++)
        {
            var test = new RepeatedKillTests();
            test.KillBehindLogStart();
            test._disk.PowerLossIn(1 + moment);
            isOver = test.TryOpen();
            test._disk.RestartProcess(evictCleanPages: false);
            test._disk.PowerLossIn(long.MaxValue);

            PartitionLog log = test.Reopen();

            Assert.Equal(new Offset(2), log.LogStartOffset);
            Assert.Equal(1, log.Producers.Find(7)?.LastSequence);
        }
    }

    /// <summary>A log that begins where its first, flushed batch ends, in the same segment; behind that is one that is not flushed.</summary>
    private void KillBehindLogStart()
    {
        LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne);
        PartitionLog log = directory.CreateLog(Checkpointed);
        log.Append(Batches.Of(2, timestampMs: 1000, valueBytes: 10, filler: 1, producer: (7, 0, 0)));
        log.Flush();
        directory.WriteCheckpoints();
        log.AdvanceLogStart(new Offset(2));
        log.Append(Batches.Of(2));
        _disk.RestartProcess(evictCleanPages: false);
    }

    /// <summary>Three durable batches and three that are not, in one segment; then the process is killed.</summary>
    private byte[] KillWithTail(out int durable)
    {
        LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne);
        PartitionLog log = directory.CreateLog(Checkpointed);
        durable = 0;
        for (int i = 0; i < 6; i++)
        {
            log.Append(Batches.Of(2, valueBytes: 150, filler: (byte)i), epoch: i / 2);
            if (i == 2)
            {
                log.Flush();
                directory.WriteCheckpoints();
                durable = log.ReadAll().Length;
            }
        }

        byte[] all = log.ReadAll();
        _disk.RestartProcess(evictCleanPages: true);
        return all;
    }

    /// <returns>False when the machine stopped meanwhile.</returns>
    private bool TryOpen()
    {
        try
        {
            Reopen();
            return true;
        }
        catch (SimulatedPowerLossException)
        {
            return false;
        }
    }

    private PartitionLog Reopen() => LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne).Find("t", 0)!;
}
