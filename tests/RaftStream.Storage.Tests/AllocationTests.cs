using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>The hot paths allocate nothing in steady state: numbers that do not depend on the machine.</summary>
public sealed class AllocationTests : IDisposable
{
    private const int Rounds = 2000;

    private readonly string _path = Directory.CreateTempSubdirectory("raftstream-storage-").FullName;
    private readonly LogDirectory _directory;
    private readonly PartitionLog _log;

    public AllocationTests()
    {
        _directory = TestDirectory.OpenNew(PhysicalFileSystem.Instance, _path + "/data");
        _log = _directory.CreateLog(new LogOptions { Flush = FlushMode.Os });
    }

    [Fact]
    public void An_append_allocates_nothing()
    {
        ReadOnlySequence<byte> batch = Pieces(Batches.Of(100, valueBytes: 100), pieceBytes: 4096);
        Assert.True(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));

        long bytes = AllocatedBy(() => _log.Append(header, batch, new LeaderEpoch(0), nowMs: 1000));

        Assert.InRange(bytes, 0, 4); // The page of index entries grows a few times, then never again.
    }

    [Fact]
    public void A_replicated_append_allocates_nothing()
    {
        ReadOnlyMemory<byte> batch = Batches.Of(100, valueBytes: 100);
        byte[] placed = batch.ToArray();
        var sequence = new ReadOnlySequence<byte>(placed);

        long bytes = AllocatedBy(() =>
        {
            RecordBatchHeader.PatchOffsetAndEpoch(placed, _log.LogEndOffset, new LeaderEpoch(0));
            _log.AppendReplicated(sequence, new LeaderEpoch(0), nowMs: 1000);
        });

        Assert.InRange(bytes, 0, 4);
    }

    [Fact]
    public void A_read_at_the_end_and_a_read_in_the_middle_allocate_nothing()
    {
        for (int i = 0; i < 1000; i++)
        {
            _log.Append(Batches.Of(20, valueBytes: 100));
        }

        byte[] buffer = new byte[64 << 10];
        long next = 0;

        long bytes = AllocatedBy(() =>
        {
            next = (next + 777) % _log.LogEndOffset.Value;
            using LogSlice slice = _log.Read(new Offset(next), buffer.Length, _log.LogEndOffset);
            slice.CopyTo(buffer, 0);
        });

        Assert.Equal(0, bytes);
    }

    [Fact]
    public void A_group_commit_allocates_nothing()
    {
        ReadOnlyMemory<byte> batch = Batches.Of(1);

        long bytes = AllocatedBy(() => _log.Append(batch), () => _log.Flush(), rounds: 50);

        Assert.Equal(0, bytes);
    }

    public void Dispose()
    {
        _directory.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private static long AllocatedBy(Action action) => AllocatedBy(() => { }, action, Rounds);

    private static long AllocatedBy(Action prepare, Action action, int rounds)
    {
        long total = 0;
        for (int i = 0; i < 2 * rounds; i++)
        {
            prepare();
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            total += i < rounds ? 0 : GC.GetAllocatedBytesForCurrentThread() - before; // The first half warms up.
        }

        return total / rounds;
    }

    /// <summary>Memory in blocks, as a pipe hands it over.</summary>
    private static ReadOnlySequence<byte> Pieces(ReadOnlyMemory<byte> bytes, int pieceBytes)
    {
        Piece first = new(bytes[..Math.Min(pieceBytes, bytes.Length)], 0);
        Piece last = first;
        for (int at = pieceBytes; at < bytes.Length; at += pieceBytes)
        {
            last = last.Append(bytes.Slice(at, Math.Min(pieceBytes, bytes.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        internal Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
