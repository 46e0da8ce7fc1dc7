using System.Buffers.Binary;
using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Writes batches that differ from all others, several at a time, and remembers what was acknowledged.</summary>
internal sealed class Producer(ClusterWorld world, int index, Prng prng)
{
    private const int MostInFlight = 4;
    private const int MostAttempts = 6;

    private long _lastValue;
    private int _inFlight;
    private bool _isOver;

    /// <summary>Batches acknowledged.</summary>
    public long Acknowledged { get; private set; }

    public int InFlight => _inFlight;

    public void Begin() => world.Agenda.In(100 + prng.Next(400), Next);

    public void End() => _isOver = true;

    private void Next()
    {
        if (_isOver)
        {
            return;
        }

        if (_inFlight < MostInFlight && world.Operator.AnyPartition(prng) is { } partition)
        {
            _inFlight++;
            Send(partition, NewBatch(), prng.OneIn(4) ? RequiredAcks.Leader : RequiredAcks.All, attempt: 1);
        }

        world.Agenda.In(prng.OneIn(3) ? 1 + prng.Next(10) : 20 + prng.Next(150), Next);
    }

    /// <summary>One attempt at the broker that is believed to lead; retries are new requests, without deduplication.</summary>
    private void Send(TopicPartition partition, byte[] batch, RequiredAcks acks, int attempt)
    {
        if (world.Operator.LeaderOf(partition, prng) is not { } leader)
        {
            Again(partition, batch, acks, attempt);
            return;
        }

        bool isDone = false;
        int timeoutMs = prng.OneIn(5) ? 200 + prng.Next(500) : 2_000 + prng.Next(2_000);
        int self = ClusterNetwork.Client(index);
        var call = new Call(world, partition, ContentOf(batch), acks, (error, baseOffset) =>
            world.Network.Carry(leader.Value, self, () => Finish(error, baseOffset)));
        world.Network.Carry(self, leader.Value, () => world.Brokers[leader.Value].Process?.Produce(partition, batch, acks, timeoutMs, call));
        world.Agenda.In(timeoutMs + 1_000, () => Finish(ErrorCode.RequestTimedOut, default));

        void Finish(ErrorCode error, Offset baseOffset)
        {
            if (isDone)
            {
                return;
            }

            isDone = true;
            if (error == ErrorCode.None)
            {
                Acknowledged++;
                _inFlight--;
                if (acks == RequiredAcks.All)
                {
                    world.Checks.Acknowledged(partition, baseOffset.Value, ContentOf(batch));
                }
            }
            else
            {
                world.Marks.Reach($"produce: {error}");
                Again(partition, batch, acks, attempt);
            }
        }
    }

    private void Again(TopicPartition partition, byte[] batch, RequiredAcks acks, int attempt)
    {
        if (attempt >= MostAttempts || _isOver)
        {
            _inFlight--;
            return;
        }

        world.Agenda.In(20 + prng.Next(200), () => Send(partition, batch, acks, attempt + 1));
    }

    private byte[] NewBatch()
    {
        using var builder = new RecordBatchBuilder();
        int records = 1 + prng.Next(3);
        for (int i = 0; i < records; i++)
        {
            byte[] value = new byte[16 + prng.Next(120)];
            BinaryPrimitives.WriteInt32BigEndian(value, index);
            BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(4), ++_lastValue);
            builder.TryAppend(1_700_000_000_000 + world.Agenda.NowMs, default, value);
        }

        return builder.Build().ToArray();
    }

    /// <summary>What makes this batch this one: everything but where it lies.</summary>
    public static ulong ContentOf(ReadOnlySpan<byte> batch) => Quorums.World.ContentHash.Of(batch[RecordBatchHeader.ChecksummedFrom..]);

    /// <summary>Hears the broker's answer, once.</summary>
    internal sealed class Call(ClusterWorld world, TopicPartition partition, ulong content, RequiredAcks acks, Action<ErrorCode, Offset> answer) : IProduceSink
    {
        public void OnProduced(ulong requestId, in ProduceResult result)
        {
            if (result.Error == ErrorCode.None && acks == RequiredAcks.All)
            {
                world.Checks.Confirmed(partition, result.BaseOffset.Value, content);
            }

            answer(result.Error, result.BaseOffset);
        }
    }
}
