using RaftStream.Broker;
using RaftStream.Rpc.Server;

namespace RaftStream.Grpc;

/// <summary>The gRPC door of a broker: the services of <c>raftstream.client.v1</c>.</summary>
public static class GrpcDoor
{
    /// <summary>Full names of the services, for health checks.</summary>
    public static IReadOnlyList<string> ServiceNames { get; } =
        [Client.V1.Log.Descriptor.FullName, Client.V1.Admin.Descriptor.FullName];

    /// <summary>Adds the services to a server; calls are answered with UNAVAILABLE while the node does not serve.</summary>
    public static RpcServices AddBroker(this RpcServices services, BrokerNode node)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(node);
        var broker = new BrokerAccess(node);
        new LogService(broker).Map(services);
        return services.Add(Client.V1.Admin.BindService(new AdminService(broker)), Client.V1.Admin.Descriptor);
    }
}
