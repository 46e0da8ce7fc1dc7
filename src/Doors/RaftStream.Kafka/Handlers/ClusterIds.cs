using RaftStream.Broker;

namespace RaftStream.Kafka.Handlers;

/// <summary>The cluster's id as clients see it: the same text as in the other door.</summary>
internal static class ClusterIds
{
    /// <summary>The id of a broker's cluster.</summary>
    public static string Of(BrokerApi api) => api.ClusterId.ToString("D");
}
