using RaftStream.Model;
using RaftStream.Records.Producers;

namespace RaftStream.Client.Producing;

/// <summary>
/// Numbers the batches of one partition so that the leader knows those that come twice (G-3.7): a producer id, an epoch, and a
/// sequence that counts records from 0 in each epoch. A batch keeps its numbers for as long as it may be in the log.
/// </summary>
/// <remarks>
/// A batch that is given up breaks the chain: whether the log has it or not, none of those behind it can be told from a gap any
/// more. The chain goes on in the next epoch, once nothing is on its way and nothing numbered in the old epoch may still be
/// stored. Epochs are the partition's own: one that breaks disturbs no other. Guarded by its partition's lock.
/// </remarks>
internal sealed class PartitionSequence(bool isOn)
{
    private const long NoId = -1;

    private Break _break;
    private long _producerId = NoId;
    private long _spentId = NoId;
    private short _epoch;
    private int _next;

    private enum Break
    {
        None,

        /// <summary>A batch is missing for certain: nothing behind it is in the log or will be.</summary>
        Gap,

        /// <summary>A batch was given up that may be in the log, and so may be those behind it.</summary>
        Unknown,
    }

    /// <summary>True while nothing may be numbered: first the fate of all batches on their way must be known, then <see cref="Mend"/>.</summary>
    public bool IsBroken => _break != Break.None;

    /// <summary>True while it waits for a producer id.</summary>
    public bool NeedsId => isOn && _producerId == NoId;

    /// <summary>Begins with the producer's id, if one is needed.</summary>
    /// <param name="producerId">-1 is none.</param>
    /// <returns>False while it still needs one: there is none, or this one is used up here.</returns>
    public bool TryBegin(long producerId)
    {
        if (NeedsId && producerId != _spentId)
        {
            (_producerId, _epoch, _next) = (producerId, 0, 0);
        }

        return !NeedsId;
    }

    /// <summary>Gives a batch its numbers, unless it has them from an earlier attempt.</summary>
    public void Number(ProducerBatch batch)
    {
        if (isOn && !batch.IsNumbered)
        {
            Invariant.Check(!NeedsId && !IsBroken);
            batch.Number(_producerId, _epoch, _next);
            _next = ProducerSequence.Plus(_next, batch.Count);
        }
    }

    /// <summary>What the answer to the oldest batch means.</summary>
    /// <param name="batch">All before it are stored, or were given up: then the chain is broken.</param>
    public AttemptVerdict Judge(ProducerBatch batch)
    {
        switch (batch.Error?.Code)
        {
            case null:
                // What follows a batch in its epoch is stored only behind it: those that were given up are in the log too.
                _break = Break.None;
                return AttemptVerdict.Stored;

            case ErrorCode.DuplicateSequenceNumber when batch.IsNumbered:
                _break = Break.None;
                batch.TakeAsStored();
                return AttemptVerdict.Stored;

            case ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId when batch.IsNumbered && IsBroken:
                return AttemptVerdict.Again;

            case ErrorCode.UnknownProducerId when batch.IsNumbered:
                // The broker forgets who is silent for a day (KIP-360). What it does not know it has not stored.
                OnGap(batch);
                return AttemptVerdict.Again;

            case ErrorCode.OutOfOrderSequenceNumber when batch.IsNumbered:
                // All before it were acknowledged, and the log does not have them: that must be heard of (G-3.10).
                OnGap(batch);
                return AttemptVerdict.Failed;

            case ErrorCode.InvalidProducerEpoch when batch.IsNumbered:
                // Nobody else has this id: a log that knows a later epoch of it is beyond repair by epochs.
                OnGap(batch);
                _epoch = short.MaxValue;
                return AttemptVerdict.Failed;

            default:
                return batch.Error!.IsRetriable ? AttemptVerdict.Again : AttemptVerdict.Failed;
        }
    }

    /// <summary>A batch is reported as failed.</summary>
    public void OnGivenUp(ProducerBatch batch)
    {
        if (batch.IsNumbered)
        {
            _break = batch.MayBeStored || _break == Break.Unknown ? Break.Unknown : Break.Gap;
        }
    }

    /// <summary>How many of the oldest batches must be given up with the one that broke the chain, before it can be mended.</summary>
    /// <param name="oldest">The oldest that waits; nothing is on its way.</param>
    /// <remarks>
    /// What may be in the log cannot be numbered anew: a copy of it may still be on its way to a broker that hangs, and would be stored
    /// beside the new one. Nor can it be sent again, for the log may lack what came before it.
    /// </remarks>
    public int CountDoubtful(ProducerBatch? oldest)
    {
        int doubtful = 0;
        int seen = 0;
        for (ProducerBatch? batch = _break == Break.Unknown ? oldest : null; batch is not null; batch = batch.Next)
        {
            seen++;
            doubtful = batch.MayBeStored ? seen : doubtful;
        }

        return doubtful;
    }

    /// <summary>Goes on in the next epoch; what waits will be numbered anew. Nothing is on its way.</summary>
    /// <param name="oldest">The oldest batch that waits.</param>
    public void Mend(ProducerBatch? oldest)
    {
        Invariant.Check(IsBroken);
        for (ProducerBatch? batch = oldest; batch is { IsNumbered: true }; batch = batch.Next)
        {
            batch.Unnumber();
        }

        _break = Break.None;
        _next = 0;
        if (_epoch < short.MaxValue)
        {
            _epoch++;
        }
        else
        {
            (_producerId, _spentId) = (NoId, _producerId);
        }
    }

    private void OnGap(ProducerBatch batch)
    {
        batch.MayBeStored = false;
        _break = Break.Gap;
    }
}
