using RaftStream.Model;
using RaftStream.Simulation;
using RaftStream.Simulation.Disk;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>Partitions come and go while the power fails: nobody inherits another's data or positions (R-10.6, S-S1).</summary>
public sealed class FolderCrashTests
{
    private const int Seeds = 1000;

    [Fact]
    public void A_partition_that_was_created_is_there_and_holds_only_its_own_records() => SeedSweep.Run(Seeds, seed => Live(seed));

    [Fact]
    public void The_checker_notices_folders_that_are_not_flushed() =>
        Assert.NotNull(SeedSweep.FindFailing(Seeds, seed => Live(seed, DiskLies.SyncDirectory)));

    private static void Live(ulong seed, DiskLies lies = DiskLies.None)
    {
        var random = new Prng(seed);
        var disk = new SimulatedDisk(random.NextUInt64()) { NowMs = 1000, Lies = lies };
        LogDirectory.Format(disk, TestDirectory.Path, TestDirectory.Identity);
        disk.SyncDirectory("");
        var durable = new Dictionary<int, (TopicId Id, long End)>(); // Partition -> what must be found.
        for (int round = 0; round < 3; round++)
        {
            disk.PowerLossIn(1 + random.Next(120));
            int changing = -1;
            try
            {
                LogDirectory directory = LogDirectory.Open(disk, TestDirectory.Path, TestDirectory.OneByOne);
                for (int i = 0; i < 25; i++)
                {
                    changing = random.Next(3);
                    Change(directory, changing, random, durable);
                    changing = -1;
                }
            }
            catch (SimulatedPowerLossException)
            {
            }

            disk = disk.CrashImage(random.NextUInt64());
            using LogDirectory recovered = LogDirectory.Open(disk, TestDirectory.Path, TestDirectory.OneByOne);
            Check(recovered, changing, durable);
            disk.RestartProcess(evictCleanPages: true);
        }
    }

    private static void Change(LogDirectory directory, int partition, Prng random, Dictionary<int, (TopicId Id, long End)> durable)
    {
        PartitionLog? log = directory.Find("t", partition);
        if (log is null)
        {
            var id = new TopicId(random.NextGuid());
            directory.Create("t", partition, id, LogOptions.Default);
            durable[partition] = (id, 0);
        }
        else if (random.OneIn(5))
        {
            durable.Remove(partition);
            directory.Delete(log, nowMs: random.Next(1, 1_000_000));
        }
        else if (random.OneIn(5))
        {
            directory.WriteCheckpoints();
            directory.RemoveDeleted(nowMs: 2_000_000);
        }
        else
        {
            // The topic id is written into the records, so that a foreign one is seen.
            log.Append(Batches.Of(2, timestampMs: Math.Abs(log.TopicId.GetHashCode())));
            if (random.OneIn(2))
            {
                durable[partition] = (log.TopicId, log.Flush().Value);
            }
        }
    }

    private static void Check(LogDirectory directory, int changing, Dictionary<int, (TopicId Id, long End)> durable)
    {
        for (int partition = 0; partition < 3; partition++)
        {
            PartitionLog? log = directory.Find("t", partition);
            if (durable.TryGetValue(partition, out (TopicId Id, long End) expected))
            {
                Assert.NotNull(log);
                Assert.Equal(expected.Id, log.TopicId);
                Assert.True(log.LogEndOffset.Value >= expected.End);
            }
            else
            {
                Assert.True(log is null || partition == changing, $"partition {partition} was deleted and is back");
            }

            if (log is not null)
            {
                Assert.Equal(Offset.Zero, log.LogStartOffset);
                Assert.Null(log.SuspectReason);
                Assert.All(Batches.Headers(log.ReadAll()), header => Assert.Equal(Math.Abs(log.TopicId.GetHashCode()), header.MaxTimestamp));
                durable[partition] = (log.TopicId, log.LogEndOffset.Value);
            }
        }
    }
}
