using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>ListOffsets: ends of logs, and offsets by time .</summary>
/// <remarks>
/// There are no transactions yet, so that both isolation levels mean the same. Ends are known; a time is looked for in files. Few look at once,
/// each lets others have the thread before the next partition, and it ends with the connection: a request may name each partition there is.
/// </remarks>
/// <param name="searches">One slot for each search by time that may run at once.</param>
internal sealed class ListOffsetsHandler(SemaphoreSlim searches) : ApiHandler<ListOffsetsRequest, ListOffsetsResponse>
{
    private const short FirstWithLeaderEpoch = 4;
    private const short FirstWithOffsetNotAvailable = 5;

    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;
    private const long EarliestPendingUpload = -6;

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(ListOffsetsRequest request, ListOffsetsResponse response, RequestScope scope)
    {
        HashSet<(string, int)>? twice = FindTwice(request);
        foreach (ListOffsetsRequest.ListOffsetsTopic topic in request.Topics)
        {
            ListOffsetsResponse.ListOffsetsTopicResponse answer = response.Topics.Add();
            answer.Name = topic.Name;
            foreach (ListOffsetsRequest.ListOffsetsPartition asked in topic.Partitions)
            {
                FoundOffset found = request.ReplicaId >= 0
                    ? Failed(ErrorCode.ClusterAuthorizationFailed) // brokers follow each other by a protocol of their own
                    : twice?.Contains((topic.Name, asked.PartitionIndex)) == true
                    ? Failed(ErrorCode.InvalidRequest)
                    : IsSearch(asked.Timestamp)
                    ? await SearchAsync(topic.Name, asked, scope).ConfigureAwait(false)
                    : Find(topic.Name, asked, scope);
                Fill(answer.Partitions.Add(), asked.PartitionIndex, found, scope.Version);
            }
        }
    }

    private static bool IsSearch(long timestamp) => timestamp >= 0 || timestamp == MaxTimestamp;

    private async ValueTask<FoundOffset> SearchAsync(string topic, ListOffsetsRequest.ListOffsetsPartition asked, RequestScope scope)
    {
        await searches.WaitAsync(scope.Aborted).ConfigureAwait(false);
        FoundOffset found;
        try
        {
            found = Find(topic, asked, scope);
        }
        finally
        {
            searches.Release();
        }

        await Task.Yield(); // until then nobody hears whether the client is still there
        return found;
    }

    /// <summary>Partitions that are named several times: clients could not tell their answers apart. Null is none.</summary>
    private static HashSet<(string, int)>? FindTwice(ListOffsetsRequest request)
    {
        if (request.Topics.Count == 1 && request.Topics[0].Partitions.Count == 1)
        {
            return null;
        }

        HashSet<(string, int)> seen = [];
        HashSet<(string, int)>? twice = null;
        foreach (ListOffsetsRequest.ListOffsetsTopic topic in request.Topics)
        {
            foreach (ListOffsetsRequest.ListOffsetsPartition asked in topic.Partitions)
            {
                if (!seen.Add((topic.Name, asked.PartitionIndex)))
                {
                    (twice ??= []).Add((topic.Name, asked.PartitionIndex));
                }
            }
        }

        return twice;
    }

    private static FoundOffset Find(string topic, ListOffsetsRequest.ListOffsetsPartition asked, RequestScope scope)
    {
        if (asked.Timestamp < 0 && scope.Version < FirstVersionOf(asked.Timestamp))
        {
            return Failed(ErrorCode.UnsupportedVersion);
        }

        TopicKey key = TopicKey.ByName(topic, stackalloc byte[TopicKey.MaxNameBytes]);
        ErrorCode error = key.Find(scope.Api, byId: false, asked.PartitionIndex, out BrokerPartition partition, out _);
        if (error != ErrorCode.None)
        {
            return Failed(error);
        }

        // All of a log is local here: nothing was moved to another tier, nor waits for it.
        bool isOfTiers = asked.Timestamp is LatestTiered or EarliestPendingUpload;
        long timestampMs = asked.Timestamp == EarliestLocal || isOfTiers ? Earliest : asked.Timestamp;
        FoundOffset found = scope.Api.FindOffset(partition, timestampMs, new LeaderEpoch(asked.CurrentLeaderEpoch));
        return isOfTiers && found.Error == ErrorCode.None ? Failed(ErrorCode.None) : found;
    }

    private static void Fill(ListOffsetsResponse.ListOffsetsPartitionResponse row, int partition, in FoundOffset found, short version)
    {
        row.PartitionIndex = partition;
        row.ErrorCode = (short)ErrorOf(found.Error, version);
        row.Timestamp = found.TimestampMs;
        row.Offset = found.Offset.Value;
        if (version >= FirstWithLeaderEpoch)
        {
            row.LeaderEpoch = found.LeaderEpoch.Value;
        }
    }

    private static ErrorCode ErrorOf(ErrorCode error, short version) =>
        error == ErrorCode.OffsetNotAvailable && version < FirstWithOffsetNotAvailable
            ? ErrorCode.LeaderNotAvailable // what these clients know to try again at (KIP-207)
            : PartitionErrors.ToClient(error);

    private static short FirstVersionOf(long timestamp) => timestamp switch
    {
        Latest or Earliest => 1,
        MaxTimestamp => 7,
        EarliestLocal => 8,
        LatestTiered => 9,
        EarliestPendingUpload => 11,
        _ => short.MaxValue,
    };

    private static FoundOffset Failed(ErrorCode error) => new(error, new Offset(-1), -1, LeaderEpoch.Unknown);
}
