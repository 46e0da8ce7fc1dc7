using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>What a part of the committed log changed: <paramref name="Delta"/> leads to <paramref name="Image"/>.</summary>
public sealed record PublishedChange(MetadataDelta Delta, MetadataImage Image);

/// <summary>Builds images from the committed log, on standbys and brokers alike: a metadata transaction shows only with its end (C-14.7).</summary>
/// <remarks>One owner; not thread-safe.</remarks>
public sealed class MetadataReplay(MetadataImage start)
{
    private MetadataDelta? _transaction;
    private long _nextOffset = start.EndOffset;

    /// <summary>Everything that is published; ends where an open transaction begins.</summary>
    public MetadataImage Image { get; private set; } = start;

    /// <summary>Offset that the next batch must have.</summary>
    public long NextOffset => _nextOffset;

    /// <summary>A transaction has begun and has not ended.</summary>
    public bool InTransaction => _transaction is not null;

    /// <summary>Replays one committed batch.</summary>
    /// <returns>What it published; null when it only belongs to a transaction that goes on.</returns>
    /// <exception cref="UnknownMetadataRecordException">A newer node wrote it: this one must not go on (C-14.8).</exception>
    public PublishedChange? Apply(long baseOffset, IReadOnlyList<MetadataRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        Invariant.Check(baseOffset == _nextOffset);
        MetadataDelta? outside = _transaction is null ? new MetadataDelta(Image) : null;
        PublishedChange? published = null;
        foreach (MetadataRecord record in records)
        {
            long offset = _nextOffset++;
            switch (record.KindCase)
            {
                case MetadataRecord.KindOneofCase.BeginTransaction:
                    Invariant.Check(_transaction is null);
                    Invariant.Check(ReferenceEquals(records[0], record)); // so that what is published ends with a batch
                    _transaction = outside!;
                    _transaction.Replay(record, offset);
                    outside = null;
                    break;
                case MetadataRecord.KindOneofCase.EndTransaction:
                    Invariant.Check(_transaction is not null);
                    Invariant.Check(ReferenceEquals(records[^1], record));
                    _transaction!.Replay(record, offset);
                    published = Publish(_transaction);
                    break;
                case MetadataRecord.KindOneofCase.AbortTransaction:
                    Invariant.Check(_transaction is not null);
                    Invariant.Check(ReferenceEquals(records[^1], record));
                    var nothing = new MetadataDelta(Image);
                    nothing.SkipTo(offset + 1);
                    published = Publish(nothing);
                    break;
                default:
                    (_transaction ?? outside!).Replay(record, offset);
                    break;
            }
        }

        return outside is null ? published : Publish(outside);
    }

    /// <summary>Goes past a control batch of the quorum, which holds none of our records (C-4.2).</summary>
    public void Skip(long baseOffset, long endOffset)
    {
        Invariant.Check(baseOffset == _nextOffset);
        Invariant.Check(endOffset > baseOffset);
        _nextOffset = endOffset;
        if (_transaction is not null)
        {
            _transaction.SkipTo(endOffset);
        }
        else
        {
            Image = Image with { EndOffset = endOffset };
        }
    }

    private PublishedChange Publish(MetadataDelta delta)
    {
        Image = delta.Apply();
        _transaction = null;
        Invariant.Check(Image.EndOffset == _nextOffset);
        return new PublishedChange(delta, Image);
    }
}
