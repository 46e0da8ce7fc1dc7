using System.Runtime.CompilerServices;
using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Kafka.Fetching;

/// <summary>Fetch: whole batches of the logs, left as holes in the answer for the connection to fill from the files .</summary>
/// <remarks>
/// Sessions (KIP-227) are declined: each answer has session id 0, and who asks for the rest of a session is told that there is none.
/// There are no transactions yet: the last stable offset is the high watermark.
/// </remarks>
internal sealed class FetchExchange : Exchange
{
    private const short FirstWithRacks = 11;
    private const short FirstWithTopicIds = 13;
    private const short FirstWithLeaders = 16;
    private const int FullFetchOfNewSession = 0;
    private const int FullFetchWithoutSession = -1;

    private readonly FetchRequest _request = new();
    private readonly FetchResponse _response = new();
    private readonly AskedPartitions _asked = new();
    private readonly List<FetchPart> _parts = [];
    private readonly List<SliceSource> _sources = [];
    private int _usedSources;
    private BrokerApi? _api;
    private FetchSession? _session;

    /// <inheritdoc/>
    public override IKafkaMessage Response => _response;

    /// <inheritdoc/>
    public override void Read(ref KafkaReader reader)
    {
        _request.Read(ref reader, Header.ApiVersion);
        reader.CheckEnd(Api.Info.Name);
    }

    /// <inheritdoc/>
    public override ValueTask RunAsync(RequestScope scope)
    {
        if (_request.SessionEpoch is not (FullFetchOfNewSession or FullFetchWithoutSession))
        {
            _response.ErrorCode = (short)ErrorCode.FetchSessionIdNotFound;
            Answer();
            return ValueTask.CompletedTask;
        }

        FetchSession session = SessionOf(scope.Api);
        _asked.Read(_request);

        // Who repeats itself is not waited for: what waits is no larger than what there is to wait for.
        bool mustAnswer = FindAll(session, scope) || _request.MinBytes <= 0 || _asked.HasRepeats;
        int maxWaitMs = mustAnswer ? 0 : _request.MaxWaitMs;
        ValueTask reading = session.ReadAsync(maxWaitMs, _request.MinBytes, Math.Max(1, _request.MaxBytes), scope.Aborted);
        if (!reading.IsCompletedSuccessfully)
        {
            return FillLaterAsync(reading, session, scope);
        }

        Fill(session, scope);
        Answer();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Release()
    {
        for (int i = 0; i < _usedSources; i++)
        {
            _sources[i].Slice = default;
        }

        _usedSources = 0;
        _parts.Clear();
        _asked.Clear();
        _session?.Clear();
        _request.Reset();
        _response.Reset();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillLaterAsync(ValueTask reading, FetchSession session, RequestScope scope)
    {
        await reading.ConfigureAwait(false);
        Fill(session, scope);
        Answer();
    }

    private FetchSession SessionOf(BrokerApi api)
    {
        if (_session is null || !ReferenceEquals(_api, api))
        {
            _api = api;
            _session = api.NewFetch();
        }

        _session.Clear();
        return _session;
    }

    /// <summary>Asks for what is here; true when something else is to be told at once.</summary>
    private bool FindAll(FetchSession session, RequestScope scope)
    {
        bool byId = scope.Version >= FirstWithTopicIds;
        bool isFromBroker = _request.ReplicaId >= 0 || _request.ReplicaState.ReplicaId >= 0;
        bool mustAnswer = false;
        Span<byte> buffer = stackalloc byte[TopicKey.MaxNameBytes];
        for (int i = 0; i < _asked.Count; i++)
        {
            FetchRequest.FetchTopic topic = _asked[i].Topic;
            FetchPart part = isFromBroker
                ? FetchPart.Failed(ErrorCode.ClusterAuthorizationFailed) // brokers follow each other by a protocol of their own
                : Find(session, TopicKey.Of(byId, topic.Topic, topic.TopicId, buffer), byId, _asked[i].Partition, scope);
            _parts.Add(part);
            mustAnswer |= !part.IsRead;
        }

        return mustAnswer;
    }

    private FetchPart Find(FetchSession session, TopicKey key, bool byId, FetchRequest.FetchPartition asked, RequestScope scope)
    {
        ErrorCode error = key.Find(scope.Api, byId, asked.Partition, out BrokerPartition partition, out _);
        if (error != ErrorCode.None)
        {
            return FetchPart.Failed(error);
        }

        bool fromFollower = false;
        if (scope.Version >= FirstWithRacks && _request.RackId.Length > 0)
        {
            if (!partition.IsLedHere)
            {
                fromFollower = scope.Api.ServesAsFollower(partition, _request.RackId);
            }
            else if (scope.Api.FindReadReplica(partition, _request.RackId, new Offset(asked.FetchOffset)) is var replica && replica != NodeId.None)
            {
                return FetchPart.ReadElsewhere(replica);
            }
        }

        session.Add(partition, new FetchPosition(
            new Offset(asked.FetchOffset),
            Math.Max(1, asked.PartitionMaxBytes), // 0 is "only what must come": the first batch of the answer
            new LeaderEpoch(asked.CurrentLeaderEpoch),
            new LeaderEpoch(asked.LastFetchedEpoch))
        { FromFollower = fromFollower });
        return FetchPart.Read;
    }

    private void Fill(FetchSession session, RequestScope scope)
    {
        bool byId = scope.Version >= FirstWithTopicIds;
        Span<byte> buffer = stackalloc byte[TopicKey.MaxNameBytes];
        int read = 0;
        FetchResponse.FetchableTopicResponse? answer = null;
        for (int i = 0; i < _asked.Count; i++)
        {
            FetchRequest.FetchTopic topic = _asked[i].Topic;
            if (answer is null || topic != _asked[i - 1].Topic)
            {
                answer = _response.Responses.Add();
                answer.Topic = topic.Topic;
                answer.TopicId = topic.TopicId;
            }

            FetchResponse.PartitionData row = NewRow(answer, _asked[i].Partition.Partition);
            row.ErrorCode = (short)_parts[i].Error;
            row.PreferredReadReplica = _parts[i].Replica.Value;
            if (_parts[i].IsRead)
            {
                Fill(row, session[read++], scope.Version);
            }

            if (scope.Version >= FirstWithLeaders
                && row.ErrorCode is (short)ErrorCode.NotLeaderOrFollower or (short)ErrorCode.FencedLeaderEpoch)
            {
                TellLeader(row, TopicKey.Of(byId, topic.Topic, topic.TopicId, buffer), scope);
            }
        }
    }

    /// <summary>A row that tells nothing; its records are empty and never null: librdkafka cannot take null (KAFKA-18646).</summary>
    private FetchResponse.PartitionData NewRow(FetchResponse.FetchableTopicResponse topic, int partition)
    {
        FetchResponse.PartitionData row = topic.Partitions.Add();
        row.PartitionIndex = partition;
        row.HighWatermark = -1;
        row.Records = default;
        if (_request.IsolationLevel == 0)
        {
            row.AbortedTransactions.SetNull(); // not asked for
        }

        return row;
    }

    private void Fill(FetchResponse.PartitionData row, in PartitionRead read, short version)
    {
        if (read.Error != ErrorCode.None)
        {
            row.ErrorCode = (short)PartitionErrors.ToClient(read.Error);
            return;
        }

        row.HighWatermark = read.HighWatermark.Value;
        row.LastStableOffset = read.HighWatermark.Value;
        row.LogStartOffset = read.LogStartOffset.Value;
        if (read.Diverging is { } end)
        {
            row.DivergingEpoch.Epoch = end.Epoch.Value;
            row.DivergingEpoch.EndOffset = end.EndOffset.Value;
        }
        else if (!read.Slice.IsEmpty)
        {
            FillRecords(row, read.Slice, version);
        }
    }

    private void FillRecords(FetchResponse.PartitionData row, in LogSlice slice, short version)
    {
        int length = slice.Length;
        if (version < ZstdGate.FirstVersion && ZstdGate.Check(slice, out length) is var error and not ErrorCode.None)
        {
            row.ErrorCode = (short)error;
            row.HighWatermark = row.LastStableOffset = row.LogStartOffset = -1;
            return;
        }

        if (_usedSources == _sources.Count)
        {
            _sources.Add(new SliceSource());
        }

        SliceSource source = _sources[_usedSources++];
        source.Slice = slice.Front(length);
        row.Records = WireBytes.Hole(length, source);
    }

    /// <summary>KIP-951: where to go instead.</summary>
    private void TellLeader(FetchResponse.PartitionData row, TopicKey key, RequestScope scope)
    {
        if (key.FindLeader(scope.Api, row.PartitionIndex, out LeaderEpoch epoch) is not { } leader)
        {
            return;
        }

        row.CurrentLeader.LeaderId = leader.Id.Value;
        row.CurrentLeader.LeaderEpoch = epoch.Value;
        foreach (FetchResponse.NodeEndpoint known in _response.NodeEndpoints)
        {
            if (known.NodeId == leader.Id.Value)
            {
                return;
            }
        }

        if (KafkaEndpoints.Find(leader, scope.Listener) is { } endpoint)
        {
            FetchResponse.NodeEndpoint node = _response.NodeEndpoints.Add();
            node.NodeId = leader.Id.Value;
            node.Host = endpoint.Host;
            node.Port = endpoint.Port;
            node.Rack = leader.Rack.Length > 0 ? leader.Rack : null;
        }
    }

    /// <summary>What becomes of one partition asked for: it is read, or another replica is to be read, or there is an error.</summary>
    private readonly record struct FetchPart(ErrorCode Error, NodeId Replica, bool IsRead)
    {
        public static readonly FetchPart Read = new(ErrorCode.None, NodeId.None, true);

        public static FetchPart Failed(ErrorCode error) => new(error, NodeId.None, false);

        public static FetchPart ReadElsewhere(NodeId replica) => new(ErrorCode.None, replica, false);
    }
}
