namespace RaftStream.Kafka.Handlers;

/// <summary>About how many bytes the objects of an answer take until it is encoded.</summary>
internal static class AnswerEstimates
{
    /// <summary>Configs of one resource: some fifty keys, each with who set it and what it means.</summary>
    public const long ConfigsOfOne = 32 << 10;

    private const long TopicBytes = 512;
    private const long PartitionBytes = 384;

    /// <summary>Topics and partitions with the lists of their replicas.</summary>
    public static long OfTopics(long topics, long partitions) => (topics * TopicBytes) + (partitions * PartitionBytes);
}
