using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Grpc.Consuming;

/// <summary>Writes what the broker read into the message that carries it.</summary>
internal static class AnswerFiller
{
    /// <summary>Everything but the records.</summary>
    public static void Fill(PartitionRecordsMessage message, BrokerApi api, BrokerPartition partition, in PartitionRead read)
    {
        message.Clear();
        message.Topic.Set(partition.TopicNameUtf8, partition.TopicId);
        message.Partition = partition.Partition;
        message.HighWatermark = read.HighWatermark.Value;
        message.LastStableOffset = read.HighWatermark.Value; // no transactions yet: the two are the same
        message.LogStartOffset = read.LogStartOffset.Value;
        message.LeaderEpoch = read.LeaderEpoch.Value;
        message.Error = read.Error == ErrorCode.None
            ? null
            : GrpcErrors.ToError(api, read.Error, null, partition.TopicId, partition.TopicName, partition.Partition);
        message.Diverging = read.Diverging is { } end
            ? new DivergingEpoch { Epoch = end.Epoch.Value, EndOffset = end.EndOffset.Value }
            : null;
    }

    /// <summary>Decoded records from <paramref name="from"/> on; a damaged batch becomes the answer's error.</summary>
    /// <returns>Where to read on.</returns>
    public static Offset FillRecords(
        PartitionRecordsMessage message, RecordDecoder decoder, in LogSlice slice, Offset from, int maxBytes)
    {
        ErrorCode error = decoder.Decode(slice, from, maxBytes, out Offset next);
        message.EncodedRecords = decoder.Records;
        message.Error ??= GrpcErrors.ToError(error, "A stored batch is damaged and cannot be decoded.");
        return next;
    }
}
