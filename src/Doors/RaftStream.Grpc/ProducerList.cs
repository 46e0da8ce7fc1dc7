using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Client.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Grpc;

/// <summary>One partition of a DescribeProducers request.</summary>
internal static class ProducerList
{
    public static async Task<PartitionProducers> DescribeAsync(BrokerApi api, PartitionRef asked)
    {
        var described = new PartitionProducers { Topic = asked.Topic, Partition = asked.Partition };
        TopicReference topic = AdminService.ReadTopic(asked.Topic);
        byte[] name = System.Text.Encoding.UTF8.GetBytes(topic.Name);
        if (!api.TryFind(name, topic.Id, asked.Partition, out BrokerPartition partition, out OperationError? error))
        {
            described.Error = GrpcErrors.ToError(error);
            return described;
        }

        DescribedProducers found = await api.DescribeProducersAsync(partition).ConfigureAwait(false);
        described.Producers.Add(found.Producers.Select(Write));
        described.Error = found.Error == ErrorCode.None
            ? null
            : GrpcErrors.ToError(api, found.Error, null, partition.TopicId, partition.TopicName, partition.Partition);
        return described;
    }

    private static Client.V1.ActiveProducer Write(Broker.Producing.ActiveProducer producer) => new()
    {
        ProducerId = producer.ProducerId,
        ProducerEpoch = producer.Epoch,
        LastSequence = producer.LastSequence,
        LastTimestampMs = producer.LastSeenMs,
        CoordinatorEpoch = producer.CoordinatorEpoch,
        CurrentTxnStartOffset = producer.TransactionStart.Value,
    };
}
