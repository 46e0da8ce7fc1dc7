using System.Collections.Concurrent;
using Grpc.Core;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>Single calls to brokers: deadline, retries, and failures as <see cref="RaftStreamException"/>.</summary>
internal sealed class BrokerCalls(RaftStreamClientOptions options, ChannelSet channels)
{
    /// <summary>How long a broker that did not answer is asked after all others.</summary>
    private static readonly TimeSpan Distrust = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for metadata: another broker is asked meanwhile, but one must not be waited for with all of them gone.</summary>
    private static readonly TimeSpan MetadataPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, long> _distrustedSince = new(StringComparer.OrdinalIgnoreCase);
    private int _firstChoice;
    private int _turn;

    /// <summary>The client's retry policy.</summary>
    public RetryPolicy Retries { get; } = new(options);

    /// <summary>One attempt at one broker.</summary>
    /// <param name="patience">Longest wait, at most the request timeout; null is that.</param>
    public async Task<TResponse> CallOnceAsync<TClient, TRequest, TResponse>(
        string endpoint,
        Func<CallInvoker, TClient> newClient,
        Func<TClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start,
        TRequest request,
        CancellationToken cancellationToken,
        TimeSpan? patience = null)
    {
        TimeSpan wait = patience < options.RequestTimeout ? patience.Value : options.RequestTimeout;
        DateTime deadline = options.TimeProvider.GetUtcNow().UtcDateTime + wait;
        var callOptions = new CallOptions(deadline: deadline, cancellationToken: cancellationToken);
        try
        {
            using AsyncUnaryCall<TResponse> call = start(newClient(channels.To(endpoint).Calls), request, callOptions);
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (RpcException exception)
        {
            throw RpcErrors.ToException(exception, endpoint);
        }
    }

    /// <summary>One attempt at each broker known, until one answers: any can say what the cluster looks like.</summary>
    /// <param name="known">Brokers known beside the bootstrap ones.</param>
    /// <exception cref="RaftStreamException">None answered: the last failure.</exception>
    public async Task<TResponse> CallAnyAsync<TClient, TRequest, TResponse>(
        IEnumerable<string> known,
        Func<CallInvoker, TClient> newClient,
        Func<TClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start,
        TRequest request,
        CancellationToken cancellationToken)
    {
        string[] endpoints = EndpointsWith(known);
        int first = Volatile.Read(ref _firstChoice);
        RaftStreamException? failure = null;
        for (int i = 0; i < endpoints.Length; i++)
        {
            // Stay with the one that answered last; pass over those that did not.
            int choice = (first + i) % endpoints.Length;
            try
            {
                TResponse response = await CallOnceAsync(endpoints[choice], newClient, start, request, cancellationToken)
                    .ConfigureAwait(false);
                Volatile.Write(ref _firstChoice, choice);
                return response;
            }
            catch (RaftStreamException exception) when (exception.Code is ErrorCode.NetworkException or ErrorCode.RequestTimedOut
                or ErrorCode.BrokerNotAvailable or ErrorCode.NotController)
            {
                failure = exception;
            }
        }

        throw failure ?? new RaftStreamException(ErrorCode.BrokerNotAvailable, "No bootstrap endpoint was given.");
    }

    /// <summary>
    /// Has a question without consequences answered by whichever broker is first: the next is asked when one fails or takes long.
    /// </summary>
    /// <param name="stays">
    /// True begins with the broker that answered last, which knows what was done through it. False begins with another one each
    /// time, since a broker that is cut off answers quickly what was true long ago.
    /// </param>
    /// <exception cref="RaftStreamException">None answered: the last failure.</exception>
    public async Task<TResponse> CallFirstAsync<TClient, TRequest, TResponse>(
        IEnumerable<string> known,
        Func<CallInvoker, TClient> newClient,
        Func<TClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start,
        TRequest request,
        bool stays,
        CancellationToken cancellationToken)
    {
        string[] all = EndpointsWith(known);
        int first = stays ? Volatile.Read(ref _firstChoice) : Interlocked.Increment(ref _turn);
        first = (int)((uint)first % (uint)Math.Max(1, all.Length));
        var endpoints = new Queue<string>(all.Skip(first).Concat(all.Take(first)).OrderBy(IsDistrusted));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Dictionary<Task<TResponse>, string>();
        RaftStreamException? failure = null;
        try
        {
            while (endpoints.TryDequeue(out string? next) || running.Count > 0)
            {
                if (next is not null)
                {
                    running.Add(CallOnceAsync(next, newClient, start, request, end.Token, MetadataPatience), next);
                }

                if (await FirstOfAsync(running.Keys, mayHurry: endpoints.Count > 0).ConfigureAwait(false) is not { } answered)
                {
                    foreach (string slow in running.Values)
                    {
                        _distrustedSince[slow] = options.TimeProvider.GetTimestamp();
                    }

                    continue;
                }

                running.Remove(answered, out string? endpoint);
                try
                {
                    TResponse response = await answered.ConfigureAwait(false);
                    _distrustedSince.TryRemove(endpoint!, out _);
                    if (stays)
                    {
                        Volatile.Write(ref _firstChoice, Array.IndexOf(all, endpoint));
                    }

                    return response;
                }
                catch (RaftStreamException exception) when (exception.Code is ErrorCode.NetworkException or ErrorCode.RequestTimedOut
                    or ErrorCode.BrokerNotAvailable or ErrorCode.NotController)
                {
                    _distrustedSince[endpoint!] = options.TimeProvider.GetTimestamp();
                    failure = exception;
                }
            }
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            foreach (Task<TResponse> late in running.Keys)
            {
                _ = late.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }

        throw failure ?? new RaftStreamException(ErrorCode.BrokerNotAvailable, "No bootstrap endpoint was given.");
    }

    /// <summary>The first to end; null when they take long and somebody else could be asked.</summary>
    private async Task<Task<TResponse>?> FirstOfAsync<TResponse>(ICollection<Task<TResponse>> running, bool mayHurry)
    {
        Task<Task<TResponse>> first = Task.WhenAny(running);
        if (!mayHurry)
        {
            return await first.ConfigureAwait(false);
        }

        using var over = new CancellationTokenSource();
        Task hurry = Task.Delay(options.MetadataHedgeDelay, options.TimeProvider, over.Token);
        bool isAnswered = await Task.WhenAny(first, hurry).ConfigureAwait(false) == first;
        await over.CancelAsync().ConfigureAwait(false);
        return isAnswered ? await first.ConfigureAwait(false) : null;
    }

    private string[] EndpointsWith(IEnumerable<string> known) =>
        [.. options.BootstrapEndpoints.Concat(known.Order(StringComparer.Ordinal)).Distinct(StringComparer.OrdinalIgnoreCase)];

    private bool IsDistrusted(string endpoint) =>
        _distrustedSince.TryGetValue(endpoint, out long since) && options.TimeProvider.GetElapsedTime(since) < Distrust;
}
