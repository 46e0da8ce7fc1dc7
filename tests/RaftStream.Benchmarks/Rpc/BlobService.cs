using System.Net;
using Grpc.Core;
using RaftStream.Rpc;
using RaftStream.Rpc.Server;

namespace RaftStream.Benchmarks.Rpc;

/// <summary>The server's side of the throughput runs.</summary>
internal static class BlobService
{
    public static readonly Method<Blob, Blob> Put = Define(MethodType.Unary, nameof(Put));
    public static readonly Method<Blob, Blob> Exchange = Define(MethodType.DuplexStreaming, nameof(Exchange));
    public static readonly Method<Blob, Blob> Send = Define(MethodType.ServerStreaming, nameof(Send));
    public static readonly Method<Blob, Blob> Cpu = Define(MethodType.Unary, nameof(Cpu));

    /// <summary>Serves until standard input ends; prints the port.</summary>
    public static async Task ServeAsync()
    {
        var answer = new Blob();
        RpcServices services = new RpcServices()
            .MapUnary(Put, (_, _) => Task.FromResult(answer))
            .MapUnary(Cpu, (_, _) => Task.FromResult(new Blob { Number = Environment.CpuUsage.TotalTime.Ticks }))
            .MapDuplex(Exchange, async (requests, responses, _) =>
            {
                while (await requests.MoveNextAsync())
                {
                    await responses.WriteValueAsync(answer);
                }
            })
            .MapServerStreaming(Send, async (request, responses, _) =>
            {
                var message = new Blob { Size = request.Size - sizeof(long) };
                for (long i = 0; i < request.Number; i++)
                {
                    await responses.WriteValueAsync(message);
                }
            });
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))] }, services);
        await server.StartAsync(CancellationToken.None);
        Console.WriteLine(server.EndPoints[0].Port);
        await Console.In.ReadToEndAsync();
    }

    private static Method<Blob, Blob> Define(MethodType type, string name) =>
        new(type, "raftstream.benchmarks.Blobs", name, Blob.Marshaller, Blob.Marshaller);
}
