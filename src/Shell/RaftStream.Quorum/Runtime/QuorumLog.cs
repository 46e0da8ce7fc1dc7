using Microsoft.Extensions.Logging;
using RaftStream.Model;
using RaftStream.Raft;

namespace RaftStream.Quorum.Runtime;

/// <summary>What the quorum tells an operator. Event ids 5000 to 5099.</summary>
internal static partial class QuorumLog
{
    [LoggerMessage(EventId = 5000, Level = LogLevel.Information,
        Message = "Quorum: {From} -> {To} in epoch {Epoch}: {Reason}")]
    public static partial void Moved(ILogger logger, string from, string to, LeaderEpoch epoch, string reason);

    [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message = "Quorum: node {Leader} at {Endpoint} leads epoch {Epoch}")]
    public static partial void LeaderKnown(ILogger logger, NodeId leader, RaftEndpoint? endpoint, LeaderEpoch epoch);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Information, Message = "Quorum: the voters are {Voters}")]
    public static partial void Voters(ILogger logger, VoterSet voters);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning,
        Message = "Broker {Broker} (broker epoch {BrokerEpoch}) was not heard of for its session, or closed its connection: it is fenced")]
    public static partial void Fenced(ILogger logger, NodeId broker, BrokerEpoch brokerEpoch);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Critical, Message = "The quorum node failed; this process must stop")]
    public static partial void Failed(ILogger logger, Exception exception);
}
