using RaftStream.Broker.Controller;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Producing;

/// <summary>A producer's identity, or why there is none now.</summary>
/// <param name="ProducerId">At least 0; -1 with an error.</param>
/// <param name="Epoch">0; -1 with an error.</param>
public readonly record struct ProducerIdentity(long ProducerId, short Epoch, OperationError? Error);

/// <summary>Hands out producer ids, each once, from blocks that it takes from the controller (G-3.1). Thread-safe.</summary>
/// <remarks>The rest of a block dies with the process. Callers that find the block empty wait for one request together.</remarks>
/// <param name="take">Takes the next block.</param>
internal sealed class ProducerIdPool(Func<CancellationToken, Task<ControllerAnswer>> take) : IDisposable
{
    private readonly SemaphoreSlim _taking = new(1, 1);
    private long _next;
    private long _end;

    /// <summary>A fresh id with epoch 0; COORDINATOR_NOT_AVAILABLE, to be tried again, while there is no controller.</summary>
    public async Task<ProducerIdentity> NextAsync(CancellationToken cancellationToken)
    {
        await _taking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_next == _end && await RefillAsync(cancellationToken).ConfigureAwait(false) is { } error)
            {
                return new ProducerIdentity(-1, -1, error);
            }

            return new ProducerIdentity(_next++, 0, null);
        }
        finally
        {
            _taking.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _taking.Dispose();

    private async Task<OperationError?> RefillAsync(CancellationToken cancellationToken)
    {
        ControllerAnswer answer = await take(cancellationToken).ConfigureAwait(false);
        if (answer.Response is not ProducerIdBlock { Error: null } block)
        {
            string reason = (answer.Response as ProducerIdBlock)?.Error?.Message ?? answer.Error?.Message ?? "The controller did not answer.";
            return new OperationError(ErrorCode.CoordinatorNotAvailable, $"No producer id can be had now: {reason}");
        }

        (_next, _end) = (block.First, block.First + ProducerIdControl.BlockSize);
        return null;
    }
}
