using System.Buffers;
using RaftStream.Broker;
using RaftStream.Contracts;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Grpc.Producing;

/// <summary>Finds partition and batch of a produce request. One owner; reusable.</summary>
internal sealed class ProducePreparation(BrokerApi api) : IDisposable
{
    private RecordEncoder? _encoder;
    private uint _nextAnyPartition = (uint)Random.Shared.Next();

    /// <summary>Where to.</summary>
    public BrokerPartition Partition { get; private set; }

    /// <summary>Its number, also when it is not to be found here.</summary>
    public int PartitionNumber { get; private set; }

    /// <summary>What to append; valid as long as the message and until the next call.</summary>
    public ReadOnlySequence<byte> Batch { get; private set; }

    /// <summary>True when what <see cref="Prepare"/> answered means that another broker may lead the partition.</summary>
    public bool IsElsewhere(OperationError? error) =>
        error is null ? !Partition.IsLedHere : error.Code is ErrorCode.NotLeaderOrFollower or ErrorCode.LeaderNotAvailable;

    /// <summary>
    /// What a request that cannot be appended as things stand may wait for: metadata that another broker has already, a topic that
    /// is made on the way. Then looks at it once more.
    /// </summary>
    public async ValueTask<OperationError?> PrepareAgainAsync(ProduceMessage message, IncomingCall call, OperationError? error)
    {
        if (await call.CatchUpAsync().ConfigureAwait(false))
        {
            error = Prepare(message);
        }

        return error is { Code: ErrorCode.UnknownTopicOrPartition } && api.Options.AutoCreateTopics
            ? await api.Admin.EnsureTopicAsync(message.Topic.Name).ConfigureAwait(false) ?? Prepare(message)
            : error;
    }

    /// <summary>Looks at a request; null when it can be appended.</summary>
    public OperationError? Prepare(ProduceMessage message)
    {
        PartitionNumber = message.Partition;
        if (!message.Topic.TryGetId(out TopicId id))
        {
            return new OperationError(ErrorCode.InvalidRequest, "A topic id has 16 bytes.");
        }

        int partition = message.Partition;
        if (message.RecordCount > 0)
        {
            if (!message.Batch.IsEmpty)
            {
                return new OperationError(ErrorCode.InvalidRequest, "Send either a batch or records, not both.");
            }

            _encoder ??= new RecordEncoder();
            if (partition == -1 && api.PartitionCount(message.Topic.NameUtf8, id) is > 0 and var count)
            {
                partition = _encoder.ChoosePartition(message, count, (int)(_nextAnyPartition++ % (uint)count));
                if (partition < 0)
                {
                    return new OperationError(
                        ErrorCode.InvalidRequest, "The keys of these records belong to different partitions: send a request for each, or name the partition.");
                }
            }

            Batch = _encoder.Encode(message, api.WallMs);
        }
        else if (message.Batch.IsEmpty)
        {
            return new OperationError(ErrorCode.InvalidRequest, "The request has neither a batch nor records.");
        }
        else if (partition == -1)
        {
            return new OperationError(ErrorCode.InvalidRequest, "The broker chooses a partition only for records, not for an encoded batch.");
        }
        else
        {
            Batch = message.Batch;
        }

        PartitionNumber = partition;
        if (!api.TryFind(message.Topic.NameUtf8, id, partition, out BrokerPartition found, out OperationError? error))
        {
            return error;
        }

        Partition = found;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _encoder?.Dispose();
}
