using Grpc.Core;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>Single calls to brokers: deadline, retries, and failures as <see cref="RaftStreamException"/>.</summary>
internal sealed class BrokerCalls(RaftStreamClientOptions options, ChannelSet channels)
{
    private int _firstChoice;

    /// <summary>The client's retry policy.</summary>
    public RetryPolicy Retries { get; } = new(options);

    /// <summary>One attempt at one broker.</summary>
    public async Task<TResponse> CallOnceAsync<TClient, TRequest, TResponse>(
        string endpoint,
        Func<CallInvoker, TClient> newClient,
        Func<TClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start,
        TRequest request,
        CancellationToken cancellationToken)
    {
        DateTime deadline = options.TimeProvider.GetUtcNow().UtcDateTime + options.RequestTimeout;
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
        string[] endpoints = [.. options.BootstrapEndpoints.Concat(known.Order(StringComparer.Ordinal)).Distinct(StringComparer.OrdinalIgnoreCase)];
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
}
