using RaftStream.Broker;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Connections;

/// <summary>What the connections of one door share.</summary>
internal sealed record DoorParts
{
    /// <summary>The broker behind the door.</summary>
    public required BrokerNode Broker { get; init; }

    /// <summary>What is served.</summary>
    public required ServedApis Apis { get; init; }

    /// <summary>Limits of each connection and of all.</summary>
    public required KafkaLimits Limits { get; init; }

    /// <summary>The part of the limits that holds while a request is decoded.</summary>
    public required KafkaReaderLimits ReaderLimits { get; init; }

    /// <summary>Memory of requests.</summary>
    public required RequestMemory RequestMemory { get; init; }

    /// <summary>Memory of answers.</summary>
    public required MemoryBudget AnswerMemory { get; init; }

    /// <summary>Counters.</summary>
    public required KafkaMetrics Metrics { get; init; }

    /// <summary>What is logged of clients.</summary>
    public required ClientLog Log { get; init; }

    /// <summary>Cancelled when the door closes.</summary>
    public required CancellationToken Closing { get; init; }
}
