using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Segments;

/// <summary>What a step along the batches of a file met.</summary>
internal enum WalkStep
{
    /// <summary>A header whose length and magic can be relied on.</summary>
    Batch,

    /// <summary>The end that was given.</summary>
    End,

    /// <summary>Something else: damaged bytes, or zeros behind the data.</summary>
    Damaged,
}

/// <summary>Reads batch headers of one file through a small window, without touching the records and without allocating.</summary>
/// <param name="file">Where the batches are.</param>
/// <param name="window">Read-ahead memory, at least one header; small batches share one read.</param>
internal ref struct BatchWalk(IFile file, Span<byte> window)
{
    /// <summary>A window that takes a dozen small batches or wastes little on a large one.</summary>
    internal const int DefaultWindowBytes = 1024;

    private readonly Span<byte> _window = window;
    private long _windowAt;
    private int _windowLength;

    /// <summary>Reads the header at <paramref name="position"/>; the whole batch lies before <paramref name="end"/>.</summary>
    internal WalkStep TryRead(long position, long end, out RecordBatchHeader header)
    {
        header = default;
        if (position >= end)
        {
            return WalkStep.End;
        }

        if (end - position < RecordBatchHeader.Size)
        {
            return WalkStep.Damaged;
        }

        if (position < _windowAt || position + RecordBatchHeader.Size > _windowAt + _windowLength)
        {
            int wanted = (int)Math.Min(_window.Length, end - position);
            _windowAt = position;
            _windowLength = file.Read(_window[..wanted], position);
        }

        if (!RecordBatchHeader.TryRead(_window[(int)(position - _windowAt).._windowLength], out header))
        {
            return WalkStep.Damaged;
        }

        bool sane = header.CheckSanity((int)Math.Min(int.MaxValue, end - position)).IsValid
            && header.LastOffsetDelta >= 0
            && header.BaseOffset.Value >= 0
            && header.BaseOffset.Value <= long.MaxValue - header.LastOffsetDelta - 1;
        return sane ? WalkStep.Batch : WalkStep.Damaged;
    }
}
