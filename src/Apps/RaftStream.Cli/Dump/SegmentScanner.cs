using System.Globalization;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Cli.Dump;

/// <summary>Walks through the batches of one segment file and checks them; goes on behind damage where it can.</summary>
/// <remarks>One owner. Reads the file as it is now; a broker may be writing it.</remarks>
internal sealed class SegmentScanner : IDisposable
{
    private readonly SegmentFile _file;
    private readonly RecordBatchReader _reader = new();
    private readonly List<DumpProblem> _problems = [];
    private long _next;
    private Offset _expected;
    private LeaderEpoch _epoch = LeaderEpoch.Unknown;

    /// <summary>Opens <paramref name="path"/>.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SegmentScanner(string path)
    {
        _file = new SegmentFile(path);
        if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out long baseOffset))
        {
            _expected = new Offset(baseOffset);
        }
    }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long FileLength => _file.Length;

    /// <summary>Where the current batch begins, bytes.</summary>
    public long Position { get; private set; }

    /// <summary>Header of the current batch.</summary>
    public RecordBatchHeader Header { get; private set; }

    /// <summary>Bytes of the current batch; valid until the next step.</summary>
    public ReadOnlySpan<byte> Batch => _file.Window(Position, Header.SizeInBytes);

    /// <summary>Whether checksum and records of the current batch are right.</summary>
    public BatchState State { get; private set; }

    /// <summary>Batches so far.</summary>
    public long BatchCount { get; private set; }

    /// <summary>Records of sound batches so far.</summary>
    public long RecordCount { get; private set; }

    /// <summary>First offset of the file's first batch; null before that.</summary>
    public Offset? FirstOffset { get; private set; }

    /// <summary>The offset after the last batch so far.</summary>
    public Offset EndOffset => _expected;

    /// <summary>Bytes of sound batches so far.</summary>
    public long SoundBytes { get; private set; }

    /// <summary>Bytes behind the last whole batch that are no batch; set at the end.</summary>
    public long TailBytes { get; private set; }

    /// <summary>What was found so far, in the order of the file.</summary>
    public IReadOnlyList<DumpProblem> Problems => _problems;

    /// <summary>Steps to the next batch, sound or not.</summary>
    /// <returns>False at the end; <see cref="Problems"/> is complete then.</returns>
    public bool MoveNext()
    {
        while (_next < _file.Length)
        {
            long position = _next;
            if (TryReadWhole(position, out RecordBatchHeader header))
            {
                Take(position, header);
                return true;
            }

            if (!TryFindBatchBehind(position))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>The records of the current batch, which must be sound.</summary>
    public RecordEnumerator Records()
    {
        RecordCheck check = _reader.Open(Batch, out _, out RecordEnumerator records);
        Invariant.Check(check.IsValid);
        return records;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _file.Dispose();
    }

    // Only length and magic: a batch whose checksum is wrong is still shown, and stepped over by its length.
    private bool TryReadWhole(long position, out RecordBatchHeader header) =>
        RecordBatchHeader.TryRead(_file.Window(position, RecordBatchHeader.Size), out header)
        && header.CheckSanity(int.MaxValue).IsValid
        && header.SizeInBytes <= _file.Length - position;

    private void Take(long position, in RecordBatchHeader header)
    {
        Position = position;
        Header = header;
        _next = position + header.SizeInBytes;
        BatchCount++;
        RecordCheck check = CheckRecords();
        State = check.Fault switch
        {
            RecordFault.None => BatchState.Sound,
            RecordFault.CodecUnavailable => BatchState.Unreadable,
            _ => BatchState.Corrupt,
        };
        if (!check.IsValid)
        {
            _problems.Add(new DumpProblem(position, check.Fault.ToString(), check.Reason, State == BatchState.Corrupt));
        }

        if (State == BatchState.Corrupt)
        {
            // Its length may be what is damaged: then it leads nowhere.
            bool leadsOn = _next == _file.Length || _file.LooksLikeBatch(_next, _expected, out _);
            _next = leadsOn ? _next : _file.FindSoundBatch(position + 1, _expected) ?? _next;
            return;
        }

        CheckOrder(header);
        FirstOffset ??= header.BaseOffset;
        RecordCount += header.RecordCount;
        SoundBytes += header.SizeInBytes;
        _expected = Offset.Max(_expected, header.NextOffset);
        _epoch = header.PartitionLeaderEpoch > _epoch ? header.PartitionLeaderEpoch : _epoch;
    }

    private RecordCheck CheckRecords()
    {
        RecordCheck check = _reader.Open(Batch, out _, out RecordEnumerator records);
        if (!check.IsValid)
        {
            return check;
        }

        while (records.MoveNext())
        {
        }

        return records.Check;
    }

    private void CheckOrder(in RecordBatchHeader header)
    {
        if (header.BaseOffset < _expected)
        {
            _problems.Add(new DumpProblem(
                Position,
                "OffsetsNotAscending",
                $"The batch begins at offset {header.BaseOffset}; what is before it (or the file's name) reaches to {_expected}.",
                IsCorruption: true));
        }

        if (header.PartitionLeaderEpoch < _epoch)
        {
            _problems.Add(new DumpProblem(
                Position,
                "EpochsNotAscending",
                $"The batch was written in leader epoch {header.PartitionLeaderEpoch}, after batches of epoch {_epoch}.",
                IsCorruption: true));
        }
    }

    /// <summary>What is at <paramref name="position"/> is no whole batch: the torn end of the file, or damage in its middle.</summary>
    /// <returns>True when a sound batch follows somewhere behind; the walk goes on there.</returns>
    private bool TryFindBatchBehind(long position)
    {
        if (_file.FindSoundBatch(position + 1, _expected) is { } found)
        {
            _problems.Add(new DumpProblem(
                position,
                "NotABatch",
                $"{found - position} bytes are no batch; a sound one follows at position {found}.",
                IsCorruption: true));
            _next = found;
            return true;
        }

        TailBytes = _file.Length - position;
        bool isZeros = _file.IsAllZeros(position);
        _problems.Add(new DumpProblem(
            position,
            isZeros ? "ZerosAtEnd" : "TruncatedTail",
            $"The last {TailBytes} bytes are {(isZeros ? "zeros" : "an incomplete batch")}, as a crash leaves them; "
            + "a broker cuts them off when it starts.",
            IsCorruption: false));
        _next = _file.Length;
        return false;
    }
}
