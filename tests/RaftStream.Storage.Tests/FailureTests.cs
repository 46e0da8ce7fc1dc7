using RaftStream.Model;
using RaftStream.Simulation.Disk;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>A log stops at the first failure, for good (R-12.6, P27); the folder refuses what it must.</summary>
public sealed class FailureTests
{
    private readonly SimulatedDisk _disk = new(seed: 1) { NowMs = 1000 };

    [Fact]
    public void A_failed_flush_stops_the_log_and_is_not_retried()
    {
        using LogDirectory directory = TestDirectory.OpenNew(_disk);
        PartitionLog log = directory.CreateLog();
        log.Append(Batches.Of(2));
        _disk.Fail(DiskOperation.Flush, ".log");

        Assert.Equal(StorageErrorKind.Io, Assert.Throws<StorageException>(() => log.Flush()).Kind);

        Assert.Equal(Offset.Zero, log.DurableEnd);
        Assert.Equal(StorageErrorKind.Stopped, Assert.Throws<StorageException>(() => log.Flush()).Kind);
        Assert.Equal(StorageErrorKind.Stopped, Assert.Throws<StorageException>(() => log.Append(Batches.Of(1))).Kind);
        Assert.Equal(StorageErrorKind.Stopped, Assert.Throws<StorageException>(() => log.TruncateTo(Offset.Zero)).Kind);
        Assert.False(directory.CloseCleanly(BrokerEpoch.None));
        Assert.False(_disk.FileExists(TestDirectory.Path + "/clean-shutdown"));
    }

    [Theory]
    [InlineData(DiskOperation.Write)]
    [InlineData(DiskOperation.Open)] // at the roll
    public void A_failed_append_stops_the_log_and_shows_nothing_of_the_batch(DiskOperation operation)
    {
        using LogDirectory directory = TestDirectory.OpenNew(_disk);
        PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 1 });
        log.Append(Batches.Of(2));
        _disk.Fail(operation, ".log");

        Assert.Throws<StorageException>(() => log.Append(Batches.Of(2)));

        Assert.Equal(new Offset(2), log.LogEndOffset);
        Assert.Single(Batches.Headers(log.ReadAll()));
        Assert.NotNull(log.Failure);
    }

    [Fact]
    public void A_full_disk_is_seen_before_it_happens()
    {
        _disk.CapacityBytes = 100_000;
        using LogDirectory directory = TestDirectory.OpenNew(
            _disk, options: TestDirectory.OneByOne with { MinFreeBytes = 50_000 });
        PartitionLog log = directory.CreateLog();
        Assert.True(directory.HasRoom);

        while (directory.HasRoom)
        {
            log.Append(Batches.Of(10, valueBytes: 100)); // Counted off between refreshes too.
        }

        Assert.InRange(_disk.FreeBytes(TestDirectory.Path), 45_000, 55_000);
        log.TruncateFullyAt(log.LogEndOffset);
        directory.RefreshFreeSpace();
        Assert.True(directory.HasRoom);
    }

    [Fact]
    public void R_12_6_there_is_room_again_only_well_above_the_limit_where_there_is_none()
    {
        _disk.CapacityBytes = 400_000;
        using LogDirectory directory = TestDirectory.OpenNew(_disk, options: TestDirectory.OneByOne with { MinFreeBytes = 100_000 });
        bool HasRoomWith(long free)
        {
            _disk.CapacityBytes = _disk.UsedBytes() + free;
            directory.RefreshFreeSpace();
            return directory.HasRoom;
        }

        Assert.True(HasRoomWith(100_001));
        Assert.False(HasRoomWith(100_000));
        Assert.False(HasRoomWith(100_001));
        Assert.False(HasRoomWith(125_000));
        Assert.True(HasRoomWith(125_001));
        Assert.True(HasRoomWith(100_001));
    }

    [Fact]
    public void A_disk_that_is_full_all_the_same_stops_the_log_with_its_own_error()
    {
        using LogDirectory directory = TestDirectory.OpenNew(_disk);
        PartitionLog log = directory.CreateLog();
        _disk.CapacityBytes = 2000;

        var failure = Assert.Throws<StorageException>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                log.Append(Batches.Of(2));
            }
        });

        Assert.Equal(StorageErrorKind.DiskFull, failure.Kind);
        Assert.Equal(log.LogEndOffset.Value, 2 * Batches.Headers(log.ReadAll()).Count);
    }

    [Fact]
    public void A_second_opening_of_the_folder_is_refused()
    {
        string path = Directory.CreateTempSubdirectory("raftstream-storage-").FullName;
        try
        {
            using LogDirectory first = TestDirectory.OpenNew(PhysicalFileSystem.Instance, path + "/data");

            var refusal = Assert.Throws<StorageException>(
                () => LogDirectory.Open(PhysicalFileSystem.Instance, path + "/data", TestDirectory.OneByOne));

            Assert.Equal(StorageErrorKind.Locked, refusal.Kind);
            Assert.Contains("another process", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void A_read_only_folder_is_refused_with_its_own_error()
    {
        TestDirectory.OpenNew(_disk).Dispose();
        _disk.IsReadOnly = true;

        var refusal = Assert.Throws<StorageException>(() => LogDirectory.Open(_disk, TestDirectory.Path, TestDirectory.OneByOne));

        Assert.Equal(StorageErrorKind.ReadOnly, refusal.Kind);
    }

    [Fact]
    public void A_folder_that_is_missing_or_not_formatted_is_refused()
    {
        Assert.Equal(
            StorageErrorKind.NotFormatted,
            Assert.Throws<StorageException>(() => LogDirectory.Open(_disk, "/nowhere", TestDirectory.OneByOne)).Kind);

        _disk.CreateDirectory("/empty");
        Assert.Equal(
            StorageErrorKind.NotFormatted,
            Assert.Throws<StorageException>(() => LogDirectory.Open(_disk, "/empty", TestDirectory.OneByOne)).Kind);
    }

    [Fact]
    public void A_folder_with_something_in_it_is_not_formatted()
    {
        _disk.CreateDirectory("/full/of/things");

        Assert.Throws<StorageException>(() => LogDirectory.Format(_disk, "/full", TestDirectory.Identity));
        Assert.False(LogDirectory.IsFormatted(_disk, "/full"));
    }

    [Fact]
    public void The_identity_is_what_was_formatted()
    {
        using LogDirectory directory = TestDirectory.OpenNew(_disk);

        Assert.Equal(TestDirectory.Identity, directory.Identity);
    }

    [Fact]
    public void A_deleted_partition_is_renamed_then_removed_and_its_name_is_free_at_once()
    {
        using LogDirectory directory = TestDirectory.OpenNew(_disk);
        PartitionLog log = directory.CreateLog();
        log.Append(Batches.Of(2));
        log.AdvanceLogStart(new Offset(2));
        directory.WriteCheckpoints();

        directory.Delete(log, nowMs: 5000);
        PartitionLog again = directory.CreateLog();

        Assert.Equal(Offset.Zero, again.LogStartOffset); // Nothing is inherited from the checkpoints.
        Assert.Equal(["t-0", "t-0.5000.delete"], _disk.ListDirectories(TestDirectory.Path));
        directory.RemoveDeleted(nowMs: 64_999);
        Assert.Equal(2, _disk.ListDirectories(TestDirectory.Path).Count);
        directory.RemoveDeleted(nowMs: 65_000);
        Assert.Equal(["t-0"], _disk.ListDirectories(TestDirectory.Path));
    }
}
