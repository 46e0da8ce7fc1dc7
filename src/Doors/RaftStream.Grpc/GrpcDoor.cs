using RaftStream.Broker;
using RaftStream.Grpc.Forwarding;
using RaftStream.Rpc.Server;

namespace RaftStream.Grpc;

/// <summary>The gRPC door of a broker: the services of <c>raftstream.client.v1</c>.</summary>
public static class GrpcDoor
{
    /// <summary>Full names of the services, for health checks.</summary>
    public static IReadOnlyList<string> ServiceNames { get; } =
        [Client.V1.Log.Descriptor.FullName, Client.V1.Admin.Descriptor.FullName];

    /// <summary>Full name of the service that every node has, for health checks.</summary>
    public static string ClusterServiceName => Client.V1.Cluster.Descriptor.FullName;

    /// <summary>Adds the service Cluster to a server.</summary>
    public static RpcServices AddCluster(this RpcServices services, ClusterAccess cluster)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Add(Client.V1.Cluster.BindService(new ClusterService(cluster)), Client.V1.Cluster.Descriptor);
    }

    /// <summary>Adds the services to a server; calls are answered with UNAVAILABLE while the node does not serve.</summary>
    /// <param name="forwarding">How to reach the leaders of partitions that the broker does not lead; null refuses requests for those.</param>
    public static RpcServices AddBroker(this RpcServices services, BrokerNode node, LeaderForwarding? forwarding = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(node);
        var broker = new BrokerAccess(node);
        new LogService(broker, forwarding).Map(services);
        return services.Add(Client.V1.Admin.BindService(new AdminService(broker)), Client.V1.Admin.Descriptor);
    }
}
