using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Records;
using Kind = RaftStream.Internal.V1.QuorumControlRecord.KindOneofCase;

namespace RaftStream.Quorum.Storage;

/// <summary>Checks the batches of a snapshot as they come: header first, footer last and right, nothing missing between (C-10.5).</summary>
internal sealed class SnapshotFrame(SnapshotId id, int version)
{
    private readonly ImmutableArray<ReadOnlyMemory<byte>>.Builder _records = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
    private VoterSet _voters = VoterSet.Empty;
    private Offset _next;
    private uint _crc;
    private bool _isSound = true;
    private bool _hasHeader;
    private bool _hasFooter;

    /// <summary>Takes one record.</summary>
    internal void Take(in RecordBatchHeader batch, in RecordView record)
    {
        if (!batch.IsControl)
        {
            _isSound &= _hasHeader && !_hasFooter && !record.Value.IsNull;
            _records.Add(record.Value.Span.ToArray());
            return;
        }

        QuorumControlRecord? control = ControlRecords.TryDecode(record);
        _isSound &= control is not null && !_hasFooter && _hasHeader == (control.KindCase != Kind.SnapshotHeader);
        if (_isSound)
        {
            TakeControl(control!);
        }
    }

    /// <summary>False when the batch does not continue the snapshot, or one of its records was wrong.</summary>
    internal bool EndBatch(in RecordBatchHeader batch, ReadOnlySpan<byte> bytes)
    {
        _isSound &= batch.BaseOffset == _next && batch.PartitionLeaderEpoch == id.Epoch;
        _next = batch.NextOffset;
        _crc = Crc32C.Append(_crc, bytes);
        return _isSound;
    }

    /// <summary>The content; null when it ended early.</summary>
    internal SnapshotContent? Complete() => _isSound && _hasFooter ? new SnapshotContent(id, _voters, _records.ToImmutable()) : null;

    private void TakeControl(QuorumControlRecord control)
    {
        switch (control.KindCase)
        {
            case Kind.SnapshotHeader:
                SnapshotHeaderRecord header = control.SnapshotHeader;
                _hasHeader = true;
                _isSound = header.Version == version && header.EndOffset == id.EndOffset.Value && header.Epoch == id.Epoch.Value;
                break;
            case Kind.SnapshotFooter:
                _hasFooter = true;
                _isSound = control.SnapshotFooter.RecordCount == _records.Count && control.SnapshotFooter.Crc32C == _crc;
                break;
            case Kind.Voters:
                _isSound = ControlRecords.FromWire(control) is not null;
                _voters = ControlRecords.FromWire(control) is ControlRecord.Voters voters ? voters.Set : _voters;
                break;
            case Kind.KVersion:
                break;
            default:
                _isSound = false;
                break;
        }
    }
}
