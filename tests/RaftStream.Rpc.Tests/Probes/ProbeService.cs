using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests.Probes;

/// <summary>The service that tests call. Its state says what happened to calls that nobody waited for.</summary>
public sealed class ProbeService : Probe.ProbeBase
{
    private int _waiting;
    private int _cancelled;

    public int Waiting => Volatile.Read(ref _waiting);

    public int Cancelled => Volatile.Read(ref _cancelled);

    public override async Task<Pong> Echo(Ping request, ServerCallContext context)
    {
        var headers = new Metadata();
        foreach (Metadata.Entry entry in context.RequestHeaders)
        {
            if (entry.Key.StartsWith("x-echo-", StringComparison.Ordinal))
            {
                headers.Add(entry);
            }
            else if (entry.Key.StartsWith("x-trail-", StringComparison.Ordinal))
            {
                context.ResponseTrailers.Add(entry);
            }
        }

        if (headers.Count > 0)
        {
            await context.WriteResponseHeadersAsync(headers);
        }

        return new Pong { Payload = request.Payload, Number = request.Number };
    }

    public override Task<Pong> Fail(FailRequest request, ServerCallContext context)
    {
        if (request.Crash)
        {
            throw new CryptographicException("a secret that must not travel");
        }

        throw new RpcException(
            new Status((StatusCode)request.Code, request.Message),
            new Metadata { { "x-reason-bin", request.Reason.ToByteArray() } });
    }

    public override async Task<Pong> Wait(Ping request, ServerCallContext context)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _cancelled);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        return new Pong();
    }

    public override Task<WaitStateResponse> WaitState(Ping request, ServerCallContext context) =>
        Task.FromResult(new WaitStateResponse { Waiting = Waiting, Cancelled = Cancelled });

    public override async Task<Summary> Collect(IAsyncStreamReader<Ping> requestStream, ServerCallContext context)
    {
        var summary = new Summary();
        await foreach (Ping ping in requestStream.ReadAllAsync(context.CancellationToken))
        {
            summary.Messages++;
            summary.Bytes += ping.Payload.Length;
        }

        return summary;
    }

    public override async Task Count(CountRequest request, IServerStreamWriter<Pong> responseStream, ServerCallContext context)
    {
        ByteString payload = ByteString.CopyFrom(new byte[request.Size]);
        for (int i = 0; i < request.Count; i++)
        {
            await responseStream.WriteAsync(new Pong { Number = i, Payload = payload });
        }

        context.Status = new Status((StatusCode)request.Then, request.Then == 0 ? "" : "as asked");
    }

    public override async Task Chat(
        IAsyncStreamReader<Ping> requestStream, IServerStreamWriter<Pong> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext())
        {
            await responseStream.WriteAsync(new Pong { Payload = requestStream.Current.Payload, Number = requestStream.Current.Number });
        }
    }
}
