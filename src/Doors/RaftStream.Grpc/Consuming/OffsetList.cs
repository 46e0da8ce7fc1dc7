using System.Text;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Client.V1;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Grpc.Consuming;

/// <summary>One ListOffsets request: what is led here is looked up here, the rest is asked of its leaders.</summary>
internal sealed class OffsetList(IncomingCall call, ListOffsetsRequest request)
{
    private readonly ListedOffset[] _answers = new ListedOffset[request.Partitions.Count];
    private readonly List<LeaderPart> _elsewhere = [];

    /// <summary>Answers in the order of the request.</summary>
    public async Task<ListOffsetsResponse> AnswerAsync()
    {
        bool mayCatchUp = true;
        for (int i = 0; i < _answers.Length; i++)
        {
            if (!TryFind(i) && mayCatchUp)
            {
                mayCatchUp = false;
                if (await call.CatchUpAsync().ConfigureAwait(false))
                {
                    TryFind(i);
                }
            }
        }

        await Task.WhenAll(_elsewhere.Select(AskAsync)).ConfigureAwait(false);
        return new ListOffsetsResponse { Partitions = { _answers } };
    }

    /// <summary>Answers for a partition, or notes whom to ask; false when this broker does not lead it and asks nobody.</summary>
    private bool TryFind(int index)
    {
        ListOffsetsPartition asked = request.Partitions[index];
        ListedOffset listed = Nothing(asked);
        _answers[index] = listed;
        if (!Requests.TryRead(asked.Topic, out var topic))
        {
            listed.Error = GrpcErrors.ToError(ErrorCode.InvalidRequest, "A topic id has 16 bytes.");
            return true;
        }

        byte[] name = Encoding.UTF8.GetBytes(topic.Name);
        bool isHere = call.Api.TryFind(name, topic.Id, asked.Partition, out BrokerPartition partition, out OperationError? error);
        if (isHere && partition.IsLedHere)
        {
            Find(listed, partition, asked);
            return true;
        }

        if (call.FindLeader(asked.Topic, asked.Partition) is { } leader)
        {
            LeaderPart.Add(_elsewhere, leader, index);
            return true;
        }

        if (isHere)
        {
            Find(listed, partition, asked);
        }
        else
        {
            listed.Error = GrpcErrors.ToError(call.Api, error!, topic, asked.Partition);
        }

        return false;
    }

    private void Find(ListedOffset listed, BrokerPartition partition, ListOffsetsPartition asked)
    {
        LeaderEpoch epoch = asked.HasCurrentLeaderEpoch ? new LeaderEpoch(asked.CurrentLeaderEpoch) : LeaderEpoch.Unknown;
        FoundOffset found = call.Api.FindOffset(partition, asked.TimestampMs, epoch);
        listed.Offset = found.Offset.Value;
        listed.TimestampMs = found.TimestampMs;
        listed.LeaderEpoch = found.LeaderEpoch.Value;
        listed.Error = GrpcErrors.ToError(call.Api, found.Error, null, partition.TopicId, partition.TopicName, partition.Partition);
    }

    private async Task AskAsync(LeaderPart part)
    {
        ListOffsetsRequest onward = new() { Isolation = request.Isolation };
        onward.Partitions.Add(part.Indexes.Select(index => request.Partitions[index]));
        using WatchedLeader watched = part.Watch(call, call.CancellationToken);
        Error? error;
        try
        {
            var client = new Log.LogClient(call.CallsTo(part.Leader));
            CallOptions options = call.Onward(call.Slack, watched.Token);
            ListOffsetsResponse response = await client.ListOffsetsAsync(onward, options).ConfigureAwait(false);
            if (response.Partitions.Count == part.Indexes.Count)
            {
                for (int i = 0; i < part.Indexes.Count; i++)
                {
                    _answers[part.Indexes[i]] = response.Partitions[i];
                }

                return;
            }

            error = LeaderPart.MissingAnswer(part.Leader);
        }
        catch (RpcException exception) when (!call.CancellationToken.IsCancellationRequested)
        {
            error = ForwardingErrors.ToError(exception, part.Leader, watched);
        }

        foreach (int index in part.Indexes)
        {
            _answers[index] = Nothing(request.Partitions[index]);
            _answers[index].Error = error;
        }
    }

    private static ListedOffset Nothing(ListOffsetsPartition asked) =>
        new() { Topic = asked.Topic, Partition = asked.Partition, Offset = -1, TimestampMs = -1, LeaderEpoch = -1 };
}
