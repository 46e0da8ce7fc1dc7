using System.Text;
using RaftStream.Broker;
using RaftStream.Broker.Admin;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Kafka.Handlers.Topics;

/// <summary>DeleteRecords: forgets the front of partitions that this broker leads .</summary>
internal sealed class DeleteRecordsHandler : ApiHandler<DeleteRecordsRequest, DeleteRecordsResponse>
{
    private const long Unknown = -1;

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(DeleteRecordsRequest request, DeleteRecordsResponse response, RequestScope scope)
    {
        List<(DeleteRecordsResponse.DeleteRecordsPartitionResult Row, string Topic, long Offset)> asked = [];
        foreach (DeleteRecordsRequest.DeleteRecordsTopic topic in request.Topics)
        {
            DeleteRecordsResponse.DeleteRecordsTopicResult topicRow = response.Topics.Add();
            topicRow.Name = topic.Name;
            foreach (DeleteRecordsRequest.DeleteRecordsPartition partition in topic.Partitions)
            {
                DeleteRecordsResponse.DeleteRecordsPartitionResult row = topicRow.Partitions.Add();
                row.PartitionIndex = partition.PartitionIndex;
                asked.Add((row, topic.Name, partition.Offset));
            }
        }

        if (asked.Count > scope.Api.Limits.MaxPartitionsPerRequest)
        {
            foreach ((DeleteRecordsResponse.DeleteRecordsPartitionResult row, _, _) in asked)
            {
                row.LowWatermark = Unknown;
                row.ErrorCode = (short)ErrorCode.InvalidRequest;
            }

            return;
        }

        BrokerLimits limits = scope.Api.Limits;
        int timeoutMs = request.TimeoutMs > 0 ? Math.Min(request.TimeoutMs, limits.MaxDeleteTimeoutMs) : limits.DefaultDeleteTimeoutMs;

        // The disk is waited for: not on the thread that reads the connection.
        await Task.Run(() => Task.WhenAll(asked.Select(one => DeleteAsync(scope.Api, one.Row, one.Topic, one.Offset, timeoutMs)))).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(
        BrokerApi api, DeleteRecordsResponse.DeleteRecordsPartitionResult row, string topic, long offset, int timeoutMs)
    {
        if (!api.TryFind(Encoding.UTF8.GetBytes(topic), TopicId.None, row.PartitionIndex, out BrokerPartition partition, out OperationError? error))
        {
            row.LowWatermark = Unknown;
            row.ErrorCode = (short)PartitionErrors.ToClient(error!.Code);
            return;
        }

        DeletedRecords deleted;
        try
        {
            deleted = await api.Admin.DeleteRecordsAsync(partition, offset, timeoutMs).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            deleted = new DeletedRecords(ErrorCode.KafkaStorageError, new Offset(Unknown));
        }

        row.LowWatermark = deleted.Error == ErrorCode.None ? deleted.LogStartOffset.Value : Unknown;
        row.ErrorCode = (short)PartitionErrors.ToClient(deleted.Error);
    }
}
