namespace RaftStream.Rpc.Server;

/// <summary>What <c>grpc.health.v1.Health</c> answers. The empty service name stands for the server as a whole. Thread-safe.</summary>
public sealed class RpcHealth
{
    /// <summary>Says whether a service takes calls; watchers hear of it at once.</summary>
    /// <param name="service">Full name, e.g. <c>raftstream.client.v1.Log</c>; empty is the server as a whole.</param>
    public void SetServing(string service, bool serving) => throw new NotSupportedException();
}
