using System.Globalization;
using RaftStream.Model;

namespace RaftStream.Records.Producers;

/// <summary>The idempotent producers of one log: part of the log's state on every replica (G-3.2). One owner; not thread-safe.</summary>
/// <remarks>A function of the batches in the log and, for expiry only, of the wall time at which they were seen.</remarks>
public sealed class ProducerTable
{
    private readonly Dictionary<long, ProducerEntry> _entries = [];

    /// <summary>Producers known.</summary>
    public int Count => _entries.Count;

    /// <summary>Batches taken that do not continue what was known of their producer: 0 but after an expiry, or by a bug (S-R7, G-3.5).</summary>
    public long Gaps { get; private set; }

    /// <summary>All entries, by producer id.</summary>
    public IReadOnlyList<ProducerEntry> Entries => [.. _entries.Values.OrderBy(entry => entry.ProducerId)];

    /// <summary>What is known of a producer; null when that is nothing.</summary>
    public ProducerEntry? Find(long producerId) => _entries.GetValueOrDefault(producerId);

    /// <summary>Judges a batch of a client before it is appended (G-3.4). Changes nothing, allocates nothing for what is accepted.</summary>
    /// <param name="header">With a producer id, an epoch and a base sequence of at least 0.</param>
    public ProducerVerdict Check(in RecordBatchHeader header)
    {
        Invariant.Check(header is { ProducerId: >= 0, ProducerEpoch: >= 0, BaseSequence: >= 0 });
        if (Find(header.ProducerId) is not { } entry)
        {
            return header.BaseSequence == 0
                ? ProducerVerdict.Accepted
                : ProducerVerdict.Refused(ErrorCode.UnknownProducerId, Describe(header, "is not known here any more and must begin at sequence 0"));
        }

        if (header.ProducerEpoch < entry.Epoch)
        {
            return ProducerVerdict.Refused(ErrorCode.InvalidProducerEpoch, Describe(header, $"has epoch {entry.Epoch} by now"));
        }

        if (header.ProducerEpoch > entry.Epoch)
        {
            return header.BaseSequence == 0
                ? ProducerVerdict.Accepted
                : ProducerVerdict.Refused(ErrorCode.OutOfOrderSequenceNumber, Describe(header, "must begin its new epoch at sequence 0"));
        }

        return CheckSequence(header, entry);
    }

    /// <summary>A batch is in the log: of a leader after its check, of a follower, of recovery. Never refused (G-3.5).</summary>
    /// <param name="placed">With its offset; without a producer id nothing happens (G-3.8).</param>
    /// <param name="nowMs">Wall time, milliseconds since 1970.</param>
    public void Take(in RecordBatchHeader placed, long nowMs)
    {
        if (!placed.HasProducerId || placed.IsControl)
        {
            return;
        }

        if (!_entries.TryGetValue(placed.ProducerId, out ProducerEntry? entry))
        {
            entry = new ProducerEntry(placed.ProducerId);
            _entries.Add(placed.ProducerId, entry);
        }

        ProducedBatch batch = ProducedBatch.Of(placed);
        Gaps += entry.Continues(placed.ProducerEpoch, batch) ? 0 : 1;
        entry.Take(placed.ProducerEpoch, batch, nowMs);
    }

    /// <summary>Forgets producers that were not seen for longer than <paramref name="expirationMs"/> (G-3.9).</summary>
    /// <returns>How many.</returns>
    public int Expire(long nowMs, long expirationMs)
    {
        int before = _entries.Count;
        foreach (ProducerEntry entry in _entries.Values)
        {
            if (nowMs - entry.LastSeenMs > expirationMs)
            {
                _entries.Remove(entry.ProducerId);
            }
        }

        return before - _entries.Count;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _entries.Clear();

    /// <summary>A line per producer, with all its batches (P102).</summary>
    /// <remarks><c>producer-id epoch last-seen-ms first,last,last-offset,offset-delta,append-time-ms ...</c></remarks>
    public IEnumerable<string> Save()
    {
        foreach (ProducerEntry entry in Entries)
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"{entry.ProducerId} {entry.Epoch} {entry.LastSeenMs}");
            for (int i = 0; i < entry.Count; i++)
            {
                ProducedBatch batch = entry[i];
                line += string.Create(
                    CultureInfo.InvariantCulture,
                    $" {batch.FirstSequence},{batch.LastSequence},{batch.LastOffset.Value},{batch.OffsetDelta},{batch.LogAppendTimeMs}");
            }

            yield return line;
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote, in the place of everything.</summary>
    /// <returns>False when a line cannot be read; the table is then empty.</returns>
    public bool TryLoad(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        _entries.Clear();
        foreach (string line in lines)
        {
            if (TryParse(line) is not { } entry || !_entries.TryAdd(entry.ProducerId, entry))
            {
                _entries.Clear();
                return false;
            }
        }

        return true;
    }

    private static ProducerVerdict CheckSequence(in RecordBatchHeader header, ProducerEntry entry)
    {
        if (entry.TryFind(header.BaseSequence, header.LastSequence, out ProducedBatch original))
        {
            return ProducerVerdict.Duplicate(original);
        }

        int next = ProducerSequence.Next(entry.LastSequence);
        if (header.BaseSequence == next)
        {
            return ProducerVerdict.Accepted;
        }

        // Sequences of an epoch begin at 0 and have no gaps: what lies before is in the log, but nobody knows where.
        return ProducerSequence.IsBefore(header.LastSequence, next)
            ? ProducerVerdict.Refused(ErrorCode.DuplicateSequenceNumber, Describe(header, $"has written that before; its next sequence is {next}"))
            : ProducerVerdict.Refused(ErrorCode.OutOfOrderSequenceNumber, Describe(header, $"has written up to here, so that sequence {next} must come next"));
    }

    private static string Describe(in RecordBatchHeader header, string fact) => string.Create(
        CultureInfo.InvariantCulture,
        $"Producer {header.ProducerId} sent sequences {header.BaseSequence} to {header.LastSequence} in epoch {header.ProducerEpoch}; it {fact}.");

    private static ProducerEntry? TryParse(string line)
    {
        string[] words = line.Split(' ');
        if (words.Length is < 3 or > 3 + ProducerEntry.MaxBatches
            || !TryNumber(words[0], 0, long.MaxValue, out long id)
            || !TryNumber(words[1], 0, short.MaxValue, out long epoch)
            || !TryNumber(words[2], 0, long.MaxValue, out long seenMs))
        {
            return null;
        }

        var entry = new ProducerEntry(id);
        foreach (string word in words.AsSpan(3))
        {
            if (TryParseBatch(word) is not { } batch)
            {
                return null;
            }

            entry.Take((short)epoch, batch, seenMs);
        }

        return entry.Count == 0 ? null : entry;
    }

    private static ProducedBatch? TryParseBatch(string word)
    {
        string[] parts = word.Split(',');
        return parts.Length == 5
            && TryNumber(parts[0], 0, int.MaxValue, out long first)
            && TryNumber(parts[1], 0, int.MaxValue, out long last)
            && TryNumber(parts[2], 0, long.MaxValue - 1, out long lastOffset)
            && TryNumber(parts[3], 0, Math.Min(int.MaxValue, lastOffset), out long delta)
            && TryNumber(parts[4], -1, long.MaxValue, out long timeMs)
            ? new ProducedBatch((int)first, (int)last, new Offset(lastOffset), (int)delta, timeMs)
            : null;
    }

    private static bool TryNumber(string word, long min, long max, out long value) =>
        long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
}
