using System.Collections.Immutable;
using System.Threading.Channels;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>The controller is not there, or has no room for another request.</summary>
/// <param name="code">NOT_CONTROLLER while stopping, THROTTLING_QUOTA_EXCEEDED when too many requests wait.</param>
public sealed class ControllerUnavailableException(ErrorCode code, string message) : Exception(message)
{
    /// <summary>What clients are told.</summary>
    public ErrorCode Code { get; } = code;
}

/// <summary>Decides, appends, replays, applies and answers, one operation after the other (C-14.2). One thread.</summary>
internal sealed class ControllerLoop
{
    private readonly IMetadataLog _log;
    private readonly Action<MetadataDelta, MetadataImage> _apply;
    private readonly Channel<ControllerOperation> _operations;
    private volatile MetadataImage _image = MetadataImage.Empty;

    /// <param name="apply">Carries out a delta on this node, before the answer leaves; controller thread.</param>
    public ControllerLoop(IMetadataLog log, int maxQueued, Action<MetadataDelta, MetadataImage> apply)
    {
        _log = log;
        _apply = apply;
        _operations = Channel.CreateBounded<ControllerOperation>(
            new BoundedChannelOptions(maxQueued) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    /// <summary>The committed metadata, applied here.</summary>
    public MetadataImage Image => _image;

    /// <summary>Builds the image from the log; before the loop runs.</summary>
    /// <returns>The number of records.</returns>
    public long Replay()
    {
        long count = 0;
        var replay = new MetadataReplay(MetadataImage.Empty);
        _log.ReadAll((baseOffset, records) =>
        {
            replay.Apply(baseOffset, records);
            count += records.Count;
        });
        _image = replay.Image;
        Invariant.Check(_image.EndOffset == _log.EndOffset);
        return count;
    }

    /// <summary>Carries out one operation on the caller's thread; before the loop runs.</summary>
    public TResponse RunNow<TResponse>(Func<MetadataImage, Decision<TResponse>> decide)
    {
        Decision<TResponse> decision = decide(_image);
        Commit(decision.Records);
        return decision.Response;
    }

    /// <summary>Queues an operation; the answer comes when its records are committed and applied.</summary>
    /// <exception cref="ControllerUnavailableException">The queue is full, or the node stops.</exception>
    public Task<TResponse> SubmitAsync<TResponse>(Func<MetadataImage, Decision<TResponse>> decide)
    {
        var operation = new ControllerOperation<TResponse>(decide);
        if (_operations.Writer.TryWrite(operation))
        {
            return operation.Answer;
        }

        throw _operations.Reader.Completion.IsCompleted
            ? Stopping()
            : new ControllerUnavailableException(ErrorCode.ThrottlingQuotaExceeded, "Too many metadata operations wait; try again.");
    }

    /// <summary>Runs until the node stops; what is still queued then fails.</summary>
    public void Run(CancellationToken stopping)
    {
        try
        {
            while (Take(stopping) is { } operation)
            {
                RunOne(operation);
            }
        }
        finally
        {
            _operations.Writer.TryComplete();
            while (_operations.Reader.TryRead(out ControllerOperation? left))
            {
                left.Fail(Stopping());
            }
        }
    }

    private ControllerOperation? Take(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (_operations.Reader.TryRead(out ControllerOperation? operation))
            {
                return operation;
            }

            try
            {
                // A thread of its own that has nothing else to do: it may block.
#pragma warning disable VSTHRD002
                _operations.Reader.WaitToReadAsync(stopping).AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
        }

        return null;
    }

    private void RunOne(ControllerOperation operation)
    {
        try
        {
            Commit(operation.Decide(_image));
        }
        catch (Exception exception)
        {
            operation.Fail(exception);
            throw; // A broken disk or a bug: the supervisor stops the node.
        }

        operation.Complete();
    }

    private void Commit(ImmutableArray<MetadataRecord> records)
    {
        if (records.IsEmpty)
        {
            return;
        }

        long offset = _log.Append(records);
        var delta = new MetadataDelta(_image);
        foreach (MetadataRecord record in records)
        {
            delta.Replay(record, offset++);
        }

        MetadataImage after = delta.Apply();
        Invariant.Check(after.EndOffset == _log.EndOffset);
        _apply(delta, after);
        _image = after;
    }

    private static ControllerUnavailableException Stopping() => new(ErrorCode.NotController, "This node is stopping.");
}
