using System.Text;
using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Partitions;

/// <summary>DescribeProducers: the producers that partitions know, told by their leaders (KIP-664).</summary>
internal sealed class DescribeProducersHandler : ApiHandler<DescribeProducersRequest, DescribeProducersResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(DescribeProducersRequest request, DescribeProducersResponse response, RequestScope scope)
    {
        List<(DescribeProducersResponse.PartitionResponse Row, string Topic)> asked = [];
        foreach (DescribeProducersRequest.TopicRequest topic in request.Topics)
        {
            DescribeProducersResponse.TopicResponse topicRow = response.Topics.Add();
            topicRow.Name = topic.Name;
            foreach (int partition in topic.PartitionIndexes)
            {
                DescribeProducersResponse.PartitionResponse row = topicRow.Partitions.Add();
                row.PartitionIndex = partition;
                asked.Add((row, topic.Name));
            }
        }

        bool isTooMuch = asked.Count > scope.Api.Limits.MaxPartitionsPerRequest;
        foreach ((DescribeProducersResponse.PartitionResponse row, string topic) in asked)
        {
            if (isTooMuch)
            {
                row.ErrorCode = (short)ErrorCode.InvalidRequest;
                row.ErrorMessage = $"A request names at most {scope.Api.Limits.MaxPartitionsPerRequest} partitions.";
            }
            else
            {
                await DescribeAsync(scope.Api, row, topic).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask DescribeAsync(BrokerApi api, DescribeProducersResponse.PartitionResponse row, string topic)
    {
        if (!api.TryFind(Encoding.UTF8.GetBytes(topic), TopicId.None, row.PartitionIndex, out BrokerPartition partition, out OperationError? error))
        {
            row.ErrorCode = (short)error!.Code;
            row.ErrorMessage = error.Message;
            return;
        }

        DescribedProducers described = await api.DescribeProducersAsync(partition).ConfigureAwait(false);
        row.ErrorCode = (short)described.Error;
        foreach (ActiveProducer producer in described.Producers)
        {
            DescribeProducersResponse.ProducerState state = row.ActiveProducers.Add();
            state.ProducerId = producer.ProducerId;
            state.ProducerEpoch = producer.Epoch;
            state.LastSequence = producer.LastSequence;
            state.LastTimestamp = producer.LastSeenMs;
            state.CoordinatorEpoch = producer.CoordinatorEpoch;
            state.CurrentTxnStartOffset = producer.TransactionStart.Value;
        }
    }
}
