using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Disks that are full, replaced or damaged, in a cluster, step by step (P78, P79, F-4 to F-6).</summary>
public sealed class DiskBugTests
{
    [Theory]
    [InlineData(DiskOperation.Open, ".log")]
    [InlineData(DiskOperation.Open, ".index")]
    [InlineData(DiskOperation.Write, ".index")]
    [InlineData(DiskOperation.Write, "leader-epoch-checkpoint")]
    [InlineData(DiskOperation.Write, "recovery-point-offset-checkpoint")]
    [InlineData(DiskOperation.Rename, "replication-offset-checkpoint")]
    [InlineData(DiskOperation.Rename, "leader-epoch-checkpoint")]
    public void P78_a_disk_that_is_full_at_a_roll_an_index_a_checkpoint_or_a_rename_stops_the_broker_and_spoils_nothing(
        DiskOperation operation, string file)
    {
        var cluster = new ScriptedCluster();
        BrokerMachine full = cluster.Leader;
        cluster.WriteAndWait();
        full.ExpectFailure();
        full.Disk.Fail(operation, file, kind: StorageErrorKind.DiskFull);
        for (int i = 0; i < 60 && full.IsUp; i++)
        {
            if (i == 30)
            {
                full.Process!.Do(full.Process.Stop); // what is written only then
            }

            cluster.WriteAndWait();
            cluster.Run(200);
        }

        cluster.EndWell();
    }

    [Fact]
    public void P78_a_disk_that_fills_up_at_any_byte_loses_nothing()
    {
        for (int room = 0; room < 2_000; room += 97)
        {
            var cluster = new ScriptedCluster(seed: (ulong)room);
            BrokerMachine full = room % 2 == 0 ? cluster.Leader : cluster.Followers[0];
            cluster.WriteAndWait();
            full.FillDisk(room);
            for (int i = 0; i < 80 && full.IsUp; i++)
            {
                cluster.WriteAndWait();
            }

            full.Start(); // and there is still no room
            cluster.Run(500);
            Assert.Contains("storage error", cluster.World.Marks.Counts.Keys);
            cluster.EndWell();
        }
    }

    [Fact]
    public void P79_after_a_power_loss_no_index_points_past_the_log_or_into_a_batch()
    {
        for (ulong seed = 1; seed <= 15; seed++)
        {
            var cluster = new ScriptedCluster(seed: seed, configure: options => options with { FlushesOnCommit = seed % 2 == 0, SegmentBytes = 4096 });
            BrokerMachine follower = cluster.Followers[0];
            for (int i = 0; i < 20; i++)
            {
                cluster.WriteAndWait();
            }

            cluster.Run(3_000); // recovery points are checkpointed
            for (int i = 0; i < 20; i++)
            {
                cluster.WriteAndWait();
            }

            follower.LosePower(); // of the log, and of its index, any part is left
            follower.Start();
            foreach (PartitionLog log in follower.Process!.Directory.Logs)
            {
                ReadFromEverywhere(log);
            }

            cluster.Until(() => follower.Process!.Image is not null);
            cluster.EndWell();
            ReadFromEverywhere(ScriptedCluster.Cell(follower).Log);
        }
    }

    [Fact]
    public void P79_after_a_truncation_no_index_points_past_the_log_or_into_a_batch()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var cluster = new ScriptedCluster(seed: seed, configure: options => options with { SegmentBytes = 1 << 20 });
            BrokerMachine old = cluster.Leader;
            cluster.WriteAndWait();
            cluster.Isolate(old);
            for (int i = 0; i < 40; i++)
            {
                cluster.Write(old, RequiredAcks.Leader);
            }

            cluster.Until(() => cluster.State.Leader != old.Id && cluster.State.Leader != NodeId.None);
            for (int i = 0; i < 52; i++)
            {
                cluster.WriteAndWait(); // other records at the same offsets, and other borders
            }

            cluster.EndWell();
            Assert.Contains("log truncated", cluster.World.Marks.Counts.Keys);
            ReadFromEverywhere(ScriptedCluster.Cell(old).Log);
        }
    }

    [Fact]
    public void F_6_a_replaced_disk_costs_its_broker_its_place_and_nobody_a_record()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var cluster = new ScriptedCluster(seed: seed);
            for (int round = 0; round < 3; round++)
            {
                cluster.WriteAndWait();
                BrokerMachine wiped = cluster.Leader;
                BrokerMachine away = cluster.Followers[0];
                away.Kill();
                cluster.Until(() => cluster.State.Isr.Length == 2);
                wiped.Wipe(); // who leaves the ISR now stays eligible, unless it is known to have lost everything
                wiped.Start();
                cluster.Until(() => !wiped.IsWiped && cluster.State.Leader != wiped.Id);
                Assert.DoesNotContain(wiped.Id, cluster.State.Elr);
                away.Start();
                cluster.WriteAndWait();
                cluster.UntilInSync();
                Assert.True(ScriptedCluster.Cell(wiped).Log.LogEndOffset > default(Offset));
            }

            cluster.EndWell();
        }
    }

    [Fact]
    public void F_5_damaged_bytes_of_a_leader_are_never_taken_by_a_follower()
    {
        for (ulong seed = 1; seed <= 15; seed++)
        {
            var cluster = new ScriptedCluster(seed: seed);
            BrokerMachine damaged = cluster.Leader;
            BrokerMachine reader = cluster.Followers[0];
            for (int i = 0; i < 20; i++)
            {
                cluster.WriteAndWait();
            }

            reader.Wipe();
            PartitionCell cell = ScriptedCluster.Cell(damaged);
            string folder = $"{BrokerMachine.Folder}/{cell.Log.Topic}-{cell.Log.Partition}";
            string first = damaged.Disk.ListFiles(folder).Where(name => name.EndsWith(".log", StringComparison.Ordinal)).Order(StringComparer.Ordinal).First();
            damaged.Disk.FlipBit($"{folder}/{first}");
            reader.Start();
            cluster.Run(5_000);
            Assert.DoesNotContain(reader.Id, cluster.State.Isr);

            damaged.Wipe(); // its disk is replaced: the others have everything
            damaged.Start();
            cluster.EndWell();
        }
    }

    /// <summary>S-S2: whatever the index says, a read begins with the batch that holds the offset.</summary>
    private static void ReadFromEverywhere(PartitionLog log)
    {
        for (Offset offset = log.LogStartOffset; offset < log.LogEndOffset; offset = offset.Plus(1))
        {
            using LogSlice slice = log.Read(offset, 1, log.LogEndOffset);
            byte[] bytes = new byte[slice.Length];
            slice.CopyTo(bytes, 0);
            Assert.True(RecordBatchHeader.TryRead(bytes, out RecordBatchHeader header), $"nothing is read at {offset}: {slice.Error}");
            Assert.True(header.BaseOffset <= offset && offset < header.NextOffset, $"{header.BaseOffset} is read at {offset}");
        }
    }
}
