using Google.Protobuf;
using Grpc.Core;
using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Client.V1;
using RaftStream.Model;
using V1 = RaftStream.Client.V1;

namespace RaftStream.Chaos.Workload;

/// <summary>A thin gRPC client that sends to one partition, one value after the other, and retries none: it shows when the partition is available.</summary>
/// <param name="anyBroker">Leaves it to the brokers to find the leader.</param>
internal sealed class ThinProducer(
    int number, ThinChannels channels, NamedPartition partition, ChaosOptions options, Acks acks, HistoryRecorder history, bool anyBroker = false)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly string _process = $"probe-{partition}";
    private string? _target;

    /// <summary>Sends until it is enough.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        for (long sequence = 0; !enough.IsCancellationRequested; sequence++)
        {
            if (await SendAsync(new Value(number, sequence)) != Outcome.Ok)
            {
                Forget();
            }

            await Pace.WaitAsync(Pause, enough);
        }
    }

    /// <summary>Asks again whom to call before the next value.</summary>
    public void Forget() => _target = null;

    /// <summary>Sends one value.</summary>
    public async Task<Outcome> SendAsync(Value value)
    {
        var send = new SendOperation(partition, value) { Process = _process, Invoked = history.Now };
        try
        {
            _target ??= await channels.FindTargetAsync(partition, anyBroker);
        }
        catch (RpcException exception)
        {
            return Add(send, Outcome.Fail, $"no metadata: {exception.StatusCode}");
        }

        if (_target is null)
        {
            return Add(send, Outcome.Fail, "no leader");
        }

        var request = new ProduceRequest
        {
            Topic = new TopicRef { Name = partition.Topic },
            Partition = partition.Partition,
            Acks = acks,
            TimeoutMs = (int)Patience.TotalMilliseconds,
            Records = { new V1.Record { Value = ByteString.CopyFrom(value.ToBytes(options.RecordBytes)) } },
        };
        try
        {
            ProduceResponse answer = await channels.LogOf(_target).ProduceAsync(request, deadline: DateTime.UtcNow + Patience);
            return answer.Error is null
                ? Add(send with { Offset = answer.BaseOffset }, Outcome.Ok, null)
                : Add(send, IsRefusal((ErrorCode)answer.Error.Code) ? Outcome.Fail : Outcome.Info, $"{answer.Error.Name} of {_target}: {answer.Error.Message}");
        }
        catch (RpcException exception)
        {
            return Add(send, Outcome.Info, $"{exception.StatusCode} of {_target}: {exception.Status.Detail}");
        }
    }

    /// <summary>Answers that are given before anything is stored; all others may come after it.</summary>
    private static bool IsRefusal(ErrorCode code) =>
        code is ErrorCode.NotEnoughReplicas or ErrorCode.UnknownTopicOrPartition or ErrorCode.MessageTooLarge or ErrorCode.InvalidRequest or ErrorCode.CorruptMessage;

    private Outcome Add(SendOperation send, Outcome outcome, string? error)
    {
        history.Add(send with { Completed = history.Now, Outcome = outcome, Error = error });
        return outcome;
    }
}
