using System.Buffers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Benchmarks.Doors;

/// <summary>Through the Kafka door: one connection, requests as clients send them.</summary>
/// <param name="readBytes">Most bytes asked for of a partition at a time.</param>
internal sealed class KafkaLoad(DoorCase shape, string topic, string endpoint, int readBytes = KafkaLoad.StandardReadBytes) : DoorLoad(shape, topic)
{
    private const int StandardReadBytes = ReadBytes;

    // By topic name, and flexible: nothing that costs differs in later versions.
    private const short ProduceVersion = 11;
    private const short FetchVersion = 12;

    /// <inheritdoc/>
    public override Task<LoadCount> ProduceAsync(Func<bool> goOn) => Task.Run(() => Produce(goOn));

    /// <inheritdoc/>
    public override Task<LoadCount> ConsumeAsync(Func<bool> goOn) => Task.Run(() => Consume(goOn));

    private LoadCount Produce(Func<bool> goOn)
    {
        byte[][] requests = [.. Enumerable.Range(0, Shape.Partitions).Chunk(Shape.BatchesPerRequest).Select(ProduceRequest)];
        int records = BatchRecords * Shape.BatchesPerRequest;
        using var socket = new KafkaSocket(endpoint);
        var response = new ProduceResponse();
        long sent = 0;
        long answered = 0;
        while (true)
        {
            while (sent - answered < UnderWay && goOn())
            {
                socket.Send(requests[sent++ % requests.Length]);
            }

            if (sent == answered)
            {
                return new LoadCount(answered, answered * records);
            }

            socket.Receive(response, ProduceVersion);
            Check(response);
            answered++;
        }
    }

    private byte[] ProduceRequest(int[] partitions)
    {
        Invariant.Check(partitions.Length == Shape.BatchesPerRequest);
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
        ProduceRequest.TopicProduceData data = request.TopicData.Add();
        data.Name = Topic;
        foreach (int partition in partitions)
        {
            ProduceRequest.PartitionProduceData row = data.PartitionData.Add();
            row.Index = partition;
            row.Records = new WireBytes(Batch);
        }

        return KafkaSocket.Encode(request, ProduceVersion);
    }

    private static void Check(ProduceResponse response)
    {
        foreach (ProduceResponse.PartitionProduceResponse row in response.Responses[0].PartitionResponses)
        {
            if (row.ErrorCode != 0)
            {
                throw new InvalidOperationException($"Produce failed: {(ErrorCode)row.ErrorCode}, {row.ErrorMessage}");
            }
        }
    }

    private LoadCount Consume(Func<bool> goOn)
    {
        long[] offsets = new long[Shape.Partitions];
        using var socket = new KafkaSocket(endpoint);
        var request = new FetchRequest { MaxWaitMs = 500, MinBytes = 1, MaxBytes = 50 << 20 };
        FetchRequest.FetchTopic asked = request.Topics.Add();
        asked.Topic = Topic;
        for (int i = 0; i < offsets.Length; i++)
        {
            FetchRequest.FetchPartition partition = asked.Partitions.Add();
            partition.Partition = i;
            partition.PartitionMaxBytes = readBytes;
        }

        var bytes = new ArrayBufferWriter<byte>();
        var header = new RequestHeader((short)ApiKey.Fetch, FetchVersion, 1, "bench");
        var response = new FetchResponse();
        var count = default(LoadCount);
        while (goOn())
        {
            for (int i = 0; i < offsets.Length; i++)
            {
                asked.Partitions[i].FetchOffset = offsets[i];
            }

            bytes.ResetWrittenCount();
            KafkaFrame.WriteRequest(bytes, request, header);
            socket.Send(bytes.WrittenSpan);
            socket.Receive(response, FetchVersion);
            count = new LoadCount(count.Requests + 1, count.Records + Look(response, offsets));
        }

        return count;
    }

    private static long Look(FetchResponse response, long[] offsets)
    {
        long records = 0;
        foreach (FetchResponse.PartitionData row in response.Responses[0].Partitions)
        {
            if (row.ErrorCode != 0)
            {
                throw new InvalidOperationException($"Fetch failed: {(ErrorCode)row.ErrorCode}");
            }

            ref long offset = ref offsets[row.PartitionIndex];
            records += Walk(row.Records.Bytes, ref offset);
            offset = offset >= row.HighWatermark ? 0 : offset;
        }

        return records;
    }
}
