using Polly;
using Polly.Retry;

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
