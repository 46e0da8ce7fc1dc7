using System.Buffers.Binary;
using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>
/// Writes batches that differ from all others, several at a time, and remembers what was acknowledged. Those that wait for all in-sync
/// replicas are numbered, so that they are stored once; the others may be there twice.
/// </summary>
internal sealed class Producer(ClusterWorld world, int index, Prng prng)
{
    private const int MostInFlight = 4;
    private const int MostAttempts = 6;

    private readonly Dictionary<TopicPartition, ProducerChain> _chains = [];
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
            ProducerChain? chain = prng.OneIn(4) ? null : ChainOf(partition);
            if (chain?.MayNumber != false)
            {
                _inFlight++;
                byte[] batch = NewBatch(chain, out int number);
                Send(new Sending(partition, batch, chain, number), attempt: 1);
            }
        }

        world.Agenda.In(prng.OneIn(3) ? 1 + prng.Next(10) : 20 + prng.Next(150), Next);
    }

    /// <summary>One attempt at the broker that is believed to lead, with the same bytes each time.</summary>
    private void Send(Sending sending, int attempt)
    {
        (TopicPartition partition, byte[] batch, _, _) = sending;
        if (world.Operator.LeaderOf(partition, prng) is not { } leader)
        {
            Again(sending, attempt + 1);
            return;
        }

        bool isDone = false;
        int timeoutMs = prng.OneIn(5) ? 200 + prng.Next(500) : 2_000 + prng.Next(2_000);
        int self = ClusterNetwork.Client(index);
        var call = new Call(world, partition, ContentOf(batch), sending.Acks, (error, baseOffset) =>
            world.Network.Carry(leader.Value, self, () => Finish(error, baseOffset)));
        world.Network.Carry(self, leader.Value, () => world.Brokers[leader.Value].Process?.Produce(partition, batch, sending.Acks, timeoutMs, call));
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
                End(sending, isStored: true);
                if (sending.Acks == RequiredAcks.All)
                {
                    world.Checks.Acknowledged(partition, baseOffset.Value, ContentOf(batch));
                }
            }
            else
            {
                world.Marks.Reach($"produce: {error}");
                Again(sending, IsAhead(sending, error) ? attempt : attempt + 1);
            }
        }
    }

    /// <summary>It waits for one that was numbered before it, which has an end.</summary>
    private static bool IsAhead(in Sending sending, ErrorCode error) =>
        error is ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId && !sending.Chain!.IsOldest(sending.Number);

    private void Again(Sending sending, int attempt)
    {
        if (attempt > MostAttempts || _isOver || sending.Chain?.IsBroken == true)
        {
            End(sending, isStored: false);
            return;
        }

        world.Agenda.In(20 + prng.Next(200), () => Send(sending, attempt));
    }

    private void End(in Sending sending, bool isStored)
    {
        _inFlight--;
        bool wasBroken = sending.Chain?.IsBroken == true;
        sending.Chain?.Close(sending.Number, isStored);
        if ((wasBroken || !isStored) && sending.Chain?.IsBroken == false)
        {
            world.Marks.Reach("producer begins its next epoch");
        }
    }

    private ProducerChain ChainOf(TopicPartition partition)
    {
        if (!_chains.TryGetValue(partition, out ProducerChain? chain))
        {
            _chains[partition] = chain = new ProducerChain((1000 * index) + _chains.Count);
        }

        return chain;
    }

    private byte[] NewBatch(ProducerChain? chain, out int number)
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

        number = chain?.Number(builder) ?? 0;
        return builder.Build().ToArray();
    }

    /// <summary>A batch that is to be stored.</summary>
    /// <param name="Chain">What numbers it; null is nothing.</param>
    /// <param name="Number">What the chain calls it.</param>
    private readonly record struct Sending(TopicPartition Partition, byte[] Batch, ProducerChain? Chain, int Number)
    {
        /// <summary>Numbered batches wait for all in-sync replicas: idempotence needs that.</summary>
        public RequiredAcks Acks => Chain is null ? RequiredAcks.Leader : RequiredAcks.All;
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
