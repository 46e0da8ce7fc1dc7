using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>The thread contract: one appender, one flusher, one janitor and several readers at once.</summary>
public sealed class StressTests
{
    private const int Batches = 4000;

    [Fact]
    public async Task Readers_see_whole_batches_in_order_beside_append_flush_roll_and_retention()
    {
        string path = Directory.CreateTempSubdirectory("raftstream-storage-").FullName;
        using LogDirectory directory = TestDirectory.OpenNew(PhysicalFileSystem.Instance, path + "/data");
        PartitionLog log = directory.CreateLog(new LogOptions
        {
            SegmentBytes = 3000,
            IndexIntervalBytes = 200,
            RetentionMs = -1,
            RetentionBytes = 20_000,
            CheckpointBytes = 500,
        });
        using var done = new CancellationTokenSource();

        Task[] others =
        [
            Task.Run(() => Repeat(() => log.Flush(), done.Token)),
            Task.Run(() => Repeat(directory.WriteCheckpoints, done.Token)),
            Task.Run(() => Repeat(() => log.ApplyRetention(0, log.DurableEnd), done.Token)),
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(() => Follow(log, done.Token))),
        ];
        Append(log);
        await done.CancelAsync();
        await Task.WhenAll(others);

        Assert.Equal(3L * Batches, log.Flush().Value);
        Assert.Null(log.Failure);
        Assert.Null(log.SuspectReason);
        log.ApplyRetention(0, log.DurableEnd); // However late the janitor was.
        Assert.InRange(log.SizeInBytes, 20_000, 26_000);
        directory.Dispose();
        Directory.Delete(path, recursive: true);
    }

    [Fact]
    public async Task Readers_beside_truncation_get_what_was_there_or_a_plain_refusal()
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = directory.CreateLog(new LogOptions { SegmentBytes = 3000, IndexIntervalBytes = 200 });
        Fill(log, epoch: 0);
        Offset stable = log.LogEndOffset; // Like the high watermark: nothing below is ever cut.
        using var done = new CancellationTokenSource();

        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadAllOverAndOver(log, stable, done.Token)))];
        for (int epoch = 1; epoch <= 300; epoch++)
        {
            Fill(log, epoch);
            log.TruncateTo(stable);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Null(log.SuspectReason);
    }

    private static void Fill(PartitionLog log, int epoch)
    {
        ReadOnlyMemory<byte> batch = Tests.Batches.Of(3, filler: (byte)epoch);
        for (int i = 0; i < 60; i++)
        {
            log.Append(batch, epoch);
        }
    }

    private static void Append(PartitionLog log)
    {
        ReadOnlyMemory<byte> batch = Tests.Batches.Of(3);
        for (int i = 0; i < Batches; i++)
        {
            log.Append(batch);
        }
    }

    private static void Repeat(Action action, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            action();
        }
    }

    /// <summary>A consumer at the tail: offsets without a gap, unless retention overtook it.</summary>
    private static void Follow(PartitionLog log, CancellationToken done)
    {
        byte[] buffer = new byte[4096];
        Offset next = log.LogStartOffset;
        while (!done.IsCancellationRequested)
        {
            using LogSlice slice = log.Read(next, buffer.Length, log.LogEndOffset);
            if (slice.Error == ErrorCode.OffsetOutOfRange)
            {
                next = log.LogStartOffset;
                continue;
            }

            Assert.Equal(ErrorCode.None, slice.Error);
            int length = slice.CopyTo(buffer, 0);
            foreach (RecordBatchHeader header in Tests.Batches.Headers(buffer.AsSpan(0, length)))
            {
                Assert.Equal(next, header.BaseOffset);
                next = header.NextOffset;
            }
        }
    }

    private static void ReadAllOverAndOver(PartitionLog log, Offset stable, CancellationToken done)
    {
        using var checks = new RecordBatchReader();
        byte[] buffer = new byte[4096];
        while (!done.IsCancellationRequested)
        {
            for (Offset next = Offset.Zero; next < log.LogEndOffset;)
            {
                using LogSlice slice = log.Read(next, buffer.Length, log.LogEndOffset);
                if (slice.IsEmpty)
                {
                    Assert.True(next >= stable && slice.Error is ErrorCode.None or ErrorCode.OffsetOutOfRange);
                    break;
                }

                int length;
                try
                {
                    length = slice.CopyTo(buffer, 0);
                }
                catch (StorageException exception) when (exception.Kind == StorageErrorKind.Truncated)
                {
                    Assert.True(slice.NextOffset > stable);
                    break;
                }

                ReadOnlySpan<byte> bytes = buffer.AsSpan(0, length);
                foreach (RecordBatchHeader header in Tests.Batches.Headers(bytes))
                {
                    Assert.True(RecordBatchIntegrity.IsChecksumRight(header, bytes));
                    bytes = bytes[header.SizeInBytes..];
                }

                next = slice.NextOffset;
            }
        }
    }
}
