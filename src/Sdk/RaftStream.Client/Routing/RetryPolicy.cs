using Polly;
using Polly.Retry;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>Retries what may succeed later, with exponential pauses and jitter, until a total time is used up.</summary>
internal sealed class RetryPolicy
{
    private static readonly ResiliencePropertyKey<long> GiveUpAt = new("give-up-at");

    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _pipeline;

    public RetryPolicy(RaftStreamClientOptions options)
    {
        _time = options.TimeProvider;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryBackoff,
                MaxDelay = options.RetryBackoffMax,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is RaftStreamException { IsRetriable: true }
                    && arguments.Context.Properties.TryGetValue(GiveUpAt, out long giveUpAt)
                    && _time.GetTimestamp() < giveUpAt),
            })
            .Build();
    }

    /// <summary>Runs <paramref name="attempt"/> until it succeeds, fails for good, or <paramref name="limit"/> has passed.</summary>
    /// <exception cref="RaftStreamException">The last failure.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    /// <param name="attempt">Run at least once.</param>
    /// <param name="limit">After it no new attempt begins.</param>
    public Task<T> ExecuteAsync<T>(
        Func<CancellationToken, Task<T>> attempt, TimeSpan limit, CancellationToken cancellationToken) =>
        ExecuteAsync((_, token) => attempt(token), limit, cancellationToken);

    /// <summary>Like <see cref="ExecuteAsync{T}(Func{CancellationToken, Task{T}}, TimeSpan, CancellationToken)"/>, but an attempt under way ends with the limit too.</summary>
    /// <exception cref="RaftStreamException">The last failure; REQUEST_TIMED_OUT when the first attempt was still under way.</exception>
    public Task<T> ExecuteWithinAsync<T>(Func<CancellationToken, Task<T>> attempt, TimeSpan limit, CancellationToken cancellationToken) =>
        ExecuteWithinAsync((_, token) => attempt(token), limit, cancellationToken);

    /// <inheritdoc cref="ExecuteWithinAsync{T}(Func{CancellationToken, Task{T}}, TimeSpan, CancellationToken)"/>
    public async Task<T> ExecuteWithinAsync<T>(Func<int, CancellationToken, Task<T>> attempt, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        RaftStreamException? last = null;
        try
        {
            return await ExecuteAsync(
                async (failures, token) =>
                {
                    try
                    {
                        return await attempt(failures, token).ConfigureAwait(false);
                    }
                    catch (RaftStreamException exception)
                    {
                        last = exception;
                        throw;
                    }
                },
                limit,
                either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw last ?? new RaftStreamException(
                ErrorCode.RequestTimedOut,
                $"There was no answer within {limit.TotalSeconds:0.###} s: brokers may be overloaded or cut off, or a majority of the controllers is missing.",
                exception);
        }
    }

    /// <inheritdoc cref="ExecuteAsync{T}(Func{CancellationToken, Task{T}}, TimeSpan, CancellationToken)"/>
    /// <param name="attempt">Run at least once; gets the number of failed attempts before it.</param>
    public async Task<T> ExecuteAsync<T>(
        Func<int, CancellationToken, Task<T>> attempt, TimeSpan limit, CancellationToken cancellationToken)
    {
        int failures = -1;
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        try
        {
            context.Properties.Set(GiveUpAt, _time.GetTimestamp() + (long)(limit.TotalSeconds * _time.TimestampFrequency));
            return await _pipeline.ExecuteAsync(
                async context => await attempt(++failures, context.CancellationToken).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }
}
