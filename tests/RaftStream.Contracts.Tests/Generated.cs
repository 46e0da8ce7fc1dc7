using System.Buffers;
using Google.Protobuf;
using RaftStream.Client.V1;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Contracts.Tests;

/// <summary>Turns hand-written messages into the generated ones field by field, without the wire.</summary>
internal static class Generated
{
    public static ProduceRequest From(ProduceMessage message)
    {
        var request = new ProduceRequest
        {
            Topic = From(message.Topic),
            Partition = message.Partition,
            Acks = message.Acks,
            TimeoutMs = message.TimeoutMs,
            CorrelationId = message.CorrelationId,
            Batch = Bytes(message.Batch),
        };
        foreach (RecordField record in message.Records)
        {
            request.Records.Add(From(record));
        }

        Assert.Equal(message.RecordCount, request.Records.Count);
        return request;
    }

    public static ProduceResponse From(ProduceReply reply) => new()
    {
        CorrelationId = reply.CorrelationId,
        Partition = reply.Partition,
        BaseOffset = reply.BaseOffset,
        LogAppendTimeMs = reply.LogAppendTimeMs,
        LogStartOffset = reply.LogStartOffset,
        Error = reply.Error,
    };

    public static PartitionRecords From(PartitionRecordsMessage message)
    {
        var records = new PartitionRecords
        {
            Topic = From(message.Topic),
            Partition = message.Partition,
            HighWatermark = message.HighWatermark,
            LastStableOffset = message.LastStableOffset,
            LogStartOffset = message.LogStartOffset,
            LeaderEpoch = message.LeaderEpoch,
            Error = message.Error,
            Diverging = message.Diverging,
            Batches = Bytes(message.Batches),
        };
        foreach (RecordField record in message.Records)
        {
            records.Records.Add(From(record));
        }

        Assert.Equal(message.RecordCount, records.Records.Count);
        return records;
    }

    public static FetchResponse From(FetchReply reply)
    {
        var response = new FetchResponse();
        for (int i = 0; i < reply.Count; i++)
        {
            response.Partitions.Add(From(reply[i]));
        }

        return response;
    }

    /// <summary>An empty topic and no topic are the same to the hand-written messages; so they are here.</summary>
    public static ProduceRequest Normal(ProduceRequest request)
    {
        request.Topic = Normal(request.Topic);
        return request;
    }

    public static PartitionRecords Normal(PartitionRecords records)
    {
        records.Topic = Normal(records.Topic);
        return records;
    }

    public static FetchResponse Normal(FetchResponse response)
    {
        foreach (PartitionRecords records in response.Partitions)
        {
            Normal(records);
        }

        return response;
    }

    public static byte[] Bytes(Action<IBufferWriter<byte>> write, int announced)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);

        Assert.Equal(announced, output.WrittenCount);
        return output.WrittenSpan.ToArray();
    }

    private static TopicRef? Normal(TopicRef? topic) => topic is { Name: "", Id.Length: 0 } ? null : topic;

    private static TopicRef? From(TopicField topic) =>
        Normal(new TopicRef { Name = topic.Name, Id = ByteString.CopyFrom(topic.IdBytes) });

    private static Record From(RecordField field)
    {
        var record = new Record { Offset = field.Offset, TimestampMs = field.TimestampMs };
        if (field.HasKey)
        {
            record.Key = Bytes(field.Key);
        }

        if (field.HasValue)
        {
            record.Value = Bytes(field.Value);
        }

        foreach (HeaderField headerField in field.Headers)
        {
            var header = new Header { Key = Bytes(headerField.Key).ToStringUtf8() };
            if (headerField.HasValue)
            {
                header.Value = Bytes(headerField.Value);
            }

            record.Headers.Add(header);
        }

        return record;
    }

    private static ByteString Bytes(in ReadOnlySequence<byte> bytes) => ByteString.CopyFrom(bytes.ToArray());
}
