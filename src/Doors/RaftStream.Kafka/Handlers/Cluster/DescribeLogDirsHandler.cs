using RaftStream.Broker.Admin;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Kafka.Handlers.Cluster;

/// <summary>DescribeLogDirs: the folder of this broker's logs, and how large they are. A broker has one folder.</summary>
internal sealed class DescribeLogDirsHandler : ApiHandler<DescribeLogDirsRequest, DescribeLogDirsResponse>
{
    private const long Unknown = -1;

    /// <inheritdoc/>
    public override long EstimateAnswer(DescribeLogDirsRequest request, RequestScope scope) => request.Topics.IsNull
        ? AnswerEstimates.OfTopics(scope.Api.Image.Topics.ById.Count, scope.Api.Image.Topics.PartitionCount)
        : 0; // no more than was asked for

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(DescribeLogDirsRequest request, DescribeLogDirsResponse response, RequestScope scope)
    {
        BrokerAdmin admin = scope.Api.Admin;
        DescribeLogDirsResponse.DescribeLogDirsResult row = response.Results.Add();
        row.LogDir = scope.Api.Options.DataDirectory;
        try
        {
            // The file system is asked, and may have to think.
            DescribedDisk disk = await Task.Run(admin.DescribeDisk).ConfigureAwait(false);
            row.TotalBytes = disk.TotalBytes ?? Unknown;
            row.UsableBytes = disk.UsableBytes ?? Unknown;
        }
        catch (StorageException)
        {
            row.ErrorCode = (short)ErrorCode.KafkaStorageError;
            return;
        }

        Dictionary<string, HashSet<int>>? wanted = Read(request);
        HashSet<TopicId>? topics = wanted is null
            ? null
            : [.. wanted.Keys.Select(name => scope.Api.Image.Topics.Find(name)?.Id).OfType<TopicId>()];
        DescribeLogDirsResponse.DescribeLogDirsTopic? topic = null;
        foreach (DescribedLog log in admin.DescribeLogs(topics))
        {
            if (wanted is not null && !wanted[log.Topic].Contains(log.Partition))
            {
                continue;
            }

            if (topic?.Name != log.Topic)
            {
                topic = row.Topics.Add();
                topic.Name = log.Topic;
            }

            DescribeLogDirsResponse.DescribeLogDirsPartition partition = topic.Partitions.Add();
            partition.PartitionIndex = log.Partition;
            partition.PartitionSize = log.SizeInBytes;
            partition.OffsetLag = Math.Max(0, log.HighWatermark.Value - log.LogEndOffset.Value);
        }
    }

    /// <summary>Partitions by topic; null is all.</summary>
    private static Dictionary<string, HashSet<int>>? Read(DescribeLogDirsRequest request)
    {
        if (request.Topics.IsNull)
        {
            return null;
        }

        var wanted = new Dictionary<string, HashSet<int>>(StringComparer.Ordinal);
        foreach (DescribeLogDirsRequest.DescribableLogDirTopic topic in request.Topics)
        {
            if (!wanted.TryGetValue(topic.Topic, out HashSet<int>? partitions))
            {
                wanted.Add(topic.Topic, partitions = []);
            }

            foreach (int partition in topic.Partitions)
            {
                partitions.Add(partition);
            }
        }

        return wanted;
    }
}
