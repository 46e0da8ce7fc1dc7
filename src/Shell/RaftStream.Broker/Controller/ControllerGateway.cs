using Polly;
using Polly.Retry;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Runtime;
using RaftStream.Raft;

namespace RaftStream.Broker.Controller;

/// <summary>The active controller, wherever it runs: here when this node leads, else at the leader; again while there is none. Thread-safe.</summary>
public sealed class ControllerGateway : IAsyncDisposable
{
    private static readonly TimeSpan LookAtLeader = TimeSpan.FromMilliseconds(50);

    private readonly QuorumNode _quorum;
    private readonly ControllerDesk? _desk;
    private readonly ControllerPeers _peers;
    private readonly TimeSpan _attemptTimeout;
    private readonly ResiliencePipeline<ControllerAnswer> _retries;

    /// <param name="desk">Null on a node that never is the controller.</param>
    /// <param name="peers">Calls to other nodes; owned from now on.</param>
    /// <param name="attemptTimeout">Longest wait for one answer of another node.</param>
    /// <param name="totalTimeout">After it no new attempt begins.</param>
    public ControllerGateway(QuorumNode quorum, ControllerDesk? desk, ControllerPeers peers, TimeSpan attemptTimeout, TimeSpan totalTimeout)
    {
        _quorum = quorum;
        _desk = desk;
        _peers = peers;
        _attemptTimeout = attemptTimeout;
        TotalTimeout = totalTimeout;
        _retries = new ResiliencePipelineBuilder<ControllerAnswer>()
            .AddRetry(new RetryStrategyOptions<ControllerAnswer>
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(20),
                MaxDelay = TimeSpan.FromMilliseconds(200),
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Result?.Error?.Code == ErrorCode.NotController),
            })
            .Build();
    }

    /// <summary>After it no new attempt begins.</summary>
    public TimeSpan TotalTimeout { get; }

    /// <summary>Asks until there is an answer, or the time is over.</summary>
    /// <returns>The answer; NOT_CONTROLLER when there was no controller for all the time.</returns>
    public async Task<ControllerAnswer> AskAsync(ControllerRequest request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TotalTimeout);
        ControllerAnswer? last = null;
        try
        {
            return await _retries.ExecuteAsync(
                async token => last = await AskOnceAsync(request, token).ConfigureAwait(false), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return last ?? ControllerAnswer.Refused(ErrorCode.NotController, "The controller did not answer in time; what was asked may have been done.");
        }
    }

    /// <summary>One attempt.</summary>
    public async Task<ControllerAnswer> AskOnceAsync(ControllerRequest request, CancellationToken cancellationToken)
    {
        if (_desk is { } desk && _quorum.IsActive)
        {
            return await AskHereAsync(desk, request).ConfigureAwait(false);
        }

        (NodeId leader, LeaderEpoch epoch, RaftEndpoint? endpoint) = _quorum.Leader;
        return endpoint is { } place && leader != NodeId.None
            ? await AskThereAsync(place, epoch, request, cancellationToken).ConfigureAwait(false)
            : ControllerAnswer.Refused(ErrorCode.NotController, _quorum.WhyNoLeader);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _peers.DisposeAsync();

    private async Task<ControllerAnswer> AskHereAsync(ControllerDesk desk, ControllerRequest request)
    {
        try
        {
            (object? response, OperationError? error) = await _quorum.SubmitAsync(desk.Open(request)).ConfigureAwait(false);
            return new ControllerAnswer(response, error, _quorum.Committed.EndOffset);
        }
        catch (QuorumStoppedException exception)
        {
            // Not worth another attempt: it will not come back in this process.
            return ControllerAnswer.Refused(ErrorCode.BrokerNotAvailable, exception.Message);
        }
    }

    /// <summary>A leader that hangs is given up as soon as there is another one.</summary>
    private async Task<ControllerAnswer> AskThereAsync(
        RaftEndpoint endpoint, LeaderEpoch epoch, ControllerRequest request, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ControllerAnswer> asking = _peers.AskAsync(endpoint, request, _attemptTimeout, gone.Token);
        while (await Task.WhenAny(asking, Task.Delay(LookAtLeader, CancellationToken.None)).ConfigureAwait(false) != asking)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                break; // the call was told as well, and is about to end
            }

            if (_quorum.Leader.Epoch > epoch)
            {
                await gone.CancelAsync().ConfigureAwait(false);
                break;
            }
        }

        try
        {
            return await asking.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ControllerAnswer.Refused(ErrorCode.NotController, $"Another controller has taken over from {endpoint}.");
        }
    }
}
