using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Records.Producers;

namespace RaftStream.Client.Tests.Fakes;

/// <summary>One partition's log: batches as a broker would store them.</summary>
internal sealed class FakeLog
{
    private readonly Lock _gate = new();
    private readonly List<(long BaseOffset, long NextOffset, byte[] Bytes)> _batches = [];
    private readonly ProducerTable _producers = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Leader { get; set; } = 1;

    public int LeaderEpoch { get; set; }

    public long StartOffset { get; set; }

    public long EndOffset { get; private set; }

    /// <summary>End, exclusive, of what readers get when not all is committed; null is the end of the log.</summary>
    public long? CommittedEnd { get; private set; }

    /// <summary>End, exclusive, of what readers get.</summary>
    public long HighWatermark => CommittedEnd ?? EndOffset;

    /// <summary>From now on readers get nothing at or above this.</summary>
    public void Commit(long end)
    {
        lock (_gate)
        {
            CommittedEnd = Math.Max(CommittedEnd ?? 0, end);
            Ring();
        }
    }

    /// <summary>Where batches begin at or above an offset, and the end: a log can be cut at each.</summary>
    public IReadOnlyList<long> CutsFrom(long offset)
    {
        lock (_gate)
        {
            return [.. _batches.Select(batch => batch.BaseOffset).Append(EndOffset).Where(cut => cut >= offset)];
        }
    }

    /// <summary>Done at the next change.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Batches of idempotent producers that came again.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Forgets all producers, as after a day of silence.</summary>
    public void ForgetProducers()
    {
        lock (_gate)
        {
            _producers.Clear();
        }
    }

    /// <summary>Stores a batch unless it is there already, or does not follow what its producer wrote (G-3.4).</summary>
    /// <returns>Where it is; -1 when it was refused.</returns>
    public long TryAppend(byte[] batch, out ErrorCode error)
    {
        lock (_gate)
        {
            Assert.True(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));
            ProducerVerdict verdict = header.HasProducerId ? _producers.Check(header) : default;
            error = verdict.Error;
            if (verdict.Original is { } original)
            {
                Duplicates++;
                return original.BaseOffset.Value;
            }

            return error == ErrorCode.None ? Append(batch) : -1;
        }
    }

    /// <summary>Stores a batch and says where.</summary>
    public long Append(byte[] batch)
    {
        lock (_gate)
        {
            long baseOffset = EndOffset;
            Assert.True(RecordBatchIntegrity.Check(batch, int.MaxValue, out RecordBatchHeader header).IsValid);
            RecordBatchHeader.PatchOffsetAndEpoch(batch, new Offset(baseOffset), new LeaderEpoch(LeaderEpoch));
            EndOffset = baseOffset + header.LastOffsetDelta + 1;
            TakeProducer(batch);
            _batches.Add((baseOffset, EndOffset, batch));
            Ring();
            return baseOffset;
        }
    }

    /// <summary>Stores records as one batch.</summary>
    public long Append(params string[] values) => Append(Encode(values));

    public static byte[] Encode(params string[] values)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
        foreach (string value in values)
        {
            builder.TryAppend(1000, OptionalBytes.Null, System.Text.Encoding.UTF8.GetBytes(value));
        }

        return builder.Build().ToArray();
    }

    /// <summary>Stored batches from the one that holds the offset on, up to a number of bytes, one at least.</summary>
    public byte[] Read(long offset, int maxBytes, out long nextOffset)
    {
        lock (_gate)
        {
            using var bytes = new MemoryStream();
            nextOffset = offset;
            foreach (var batch in _batches.Where(batch => batch.NextOffset > offset && batch.NextOffset <= HighWatermark))
            {
                if (bytes.Length > 0 && bytes.Length + batch.Bytes.Length > maxBytes)
                {
                    break;
                }

                bytes.Write(batch.Bytes);
                nextOffset = batch.NextOffset;
            }

            return bytes.ToArray();
        }
    }

    /// <summary>Every record, as text, in order.</summary>
    public IReadOnlyList<string> Values()
    {
        lock (_gate)
        {
            List<string> values = [];
            using var reader = new RecordBatchReader();
            foreach (var batch in _batches)
            {
                Assert.True(reader.Open(batch.Bytes, out _, out RecordEnumerator records).IsValid);
                while (records.MoveNext())
                {
                    values.Add(System.Text.Encoding.UTF8.GetString(records.Current.Value.Span));
                }
            }

            return values;
        }
    }

    /// <summary>Every batch's header, in order.</summary>
    public IReadOnlyList<RecordBatchHeader> Headers()
    {
        lock (_gate)
        {
            return [.. _batches.Select(batch => RecordBatchHeader.TryRead(batch.Bytes, out RecordBatchHeader header) ? header : default)];
        }
    }

    /// <summary>Number of records in each batch.</summary>
    public IReadOnlyList<long> BatchSizes()
    {
        lock (_gate)
        {
            return [.. _batches.Select(batch => batch.NextOffset - batch.BaseOffset)];
        }
    }

    /// <summary>Forgets everything from an offset on.</summary>
    public void Truncate(long endOffset)
    {
        lock (_gate)
        {
            _batches.RemoveAll(batch => batch.BaseOffset >= endOffset);
            EndOffset = endOffset;
            _producers.Clear();
            _batches.ForEach(batch => TakeProducer(batch.Bytes));
            Ring();
        }
    }

    private void TakeProducer(byte[] batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch, out RecordBatchHeader placed));
        _producers.Take(placed, nowMs: 0);
    }

    /// <summary>Wakes those who wait for news.</summary>
    public void Ring()
    {
        lock (_gate)
        {
            TaskCompletionSource changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }
}
