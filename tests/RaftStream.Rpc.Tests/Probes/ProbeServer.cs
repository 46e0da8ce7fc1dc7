using System.Net;
using Microsoft.Extensions.Logging;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests.Probes;

/// <summary>A server with the probe service on a free port, and a client of it.</summary>
public sealed class ProbeServer : IAsyncDisposable
{
    private ProbeServer(RpcServer server, ProbeService service, RpcChannel channel)
    {
        Server = server;
        Service = service;
        Channel = channel;
        Client = new Probe.ProbeClient(channel);
    }

    public RpcServer Server { get; }

    public ProbeService Service { get; }

    public RpcChannel Channel { get; }

    public Probe.ProbeClient Client { get; }

    public IPEndPoint EndPoint => Server.EndPoints[0];

    public static async Task<ProbeServer> StartAsync(
        RpcServerLimits? limits = null,
        RpcChannelOptions? channelOptions = null,
        bool compressResponses = false,
        Action<RpcServices>? configure = null,
        ILoggerFactory? loggerFactory = null)
    {
        var service = new ProbeService();
        var services = new RpcServices().Add(Probe.BindService(service), Probe.Descriptor);
        configure?.Invoke(services);
        var options = new RpcServerOptions
        {
            Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))],
            Limits = limits ?? new RpcServerLimits(),
            CompressResponses = compressResponses,
        };
        var server = new RpcServer(options, services, loggerFactory);
        await server.StartAsync(CancellationToken.None);
        return new ProbeServer(server, service, RpcChannel.ForAddress(server.EndPoints[0].ToString(), channelOptions));
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await Server.DisposeAsync();
    }
}
