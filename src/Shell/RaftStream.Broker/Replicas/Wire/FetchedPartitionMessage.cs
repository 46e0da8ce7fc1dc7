using System.Buffers;
using RaftStream.Contracts;
using RaftStream.Contracts.Wire;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Replicas.Wire;

/// <summary><c>FetchedPartition</c> of replica.proto without a copy of the batches, on either side. Reusable; one owner.</summary>
internal sealed class FetchedPartitionMessage
{
    private const int BatchesField = 15;
    private const int MostHeadBytes = 96;

    /// <summary>Which partition, in the follower's words.</summary>
    public int Slot { get; set; }

    /// <summary>All but the batches.</summary>
    public FetchAnswer Answer { get; set; }

    /// <summary>Leader: batches that lie in a file; null is none. Read while written.</summary>
    public IBatchPayload? Payload { get; set; }

    /// <summary>Follower: whole batches; they borrow the parsed memory.</summary>
    public ReadOnlySequence<byte> Batches { get; private set; }

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    public int CalculateSize()
    {
        int batches = Payload?.Length ?? 0;
        return HeadSize() + (batches == 0 ? 0 : ProtoSize.Field(batches, evenIfEmpty: false));
    }

    /// <summary>Writes the message; byte for byte what the generated class writes for the same fields.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new ProtoWriter(output.GetSpan(MostHeadBytes));
        writer.Field(1, Slot);
        writer.Field(2, Answer.Correlation);
        writer.Field(3, (int)Answer.Error);
        writer.Field(4, Answer.HighWatermark.Value);
        writer.Field(5, Answer.LogStart.Value);
        writer.Field(6, Answer.Round);
        if (Answer.Diverging is { } end)
        {
            writer.Field(7, 1);
            writer.Field(8, end.Epoch.Value);
            writer.Field(9, end.EndOffset.Value);
        }

        int batches = Payload?.Length ?? 0;
        if (batches > 0)
        {
            writer.LengthPrefix(BatchesField, batches);
        }

        output.Advance(writer.Written);
        Payload?.CopyTo(output);
    }

    /// <summary>Reads a whole message in place of this one.</summary>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>FetchedPartition</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        int error = 0, epoch = 0;
        long correlation = 0, highWatermark = 0, start = 0, round = 0, end = 0;
        bool diverging = false;
        (Slot, Batches, Payload) = (0, default, null);
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case 1 << 3: Slot = reader.ReadInt32(); break;
                case 2 << 3: correlation = reader.ReadInt64(); break;
                case 3 << 3: error = reader.ReadInt32(); break;
                case 4 << 3: highWatermark = reader.ReadInt64(); break;
                case 5 << 3: start = reader.ReadInt64(); break;
                case 6 << 3: round = reader.ReadInt64(); break;
                case 7 << 3: diverging = reader.ReadVarint() != 0; break;
                case 8 << 3: epoch = reader.ReadInt32(); break;
                case 9 << 3: end = reader.ReadInt64(); break;
                case (BatchesField << 3) | 2: Batches = reader.ReadBytes(); break;
                default: reader.Skip(tag); break;
            }
        }

        // An error that was cut to what an error code holds would be another one, or none.
        if (highWatermark < 0 || start < 0 || end < 0 || epoch < 0 || error != (short)error)
        {
            throw new MalformedMessageException("A leader's positions make no sense.");
        }

        Answer = new FetchAnswer
        {
            Correlation = correlation,
            Error = (ErrorCode)error,
            HighWatermark = new Offset(highWatermark),
            LogStart = new Offset(start),
            Round = round,
            Diverging = diverging ? new EpochEndOffset(new LeaderEpoch(epoch), new Offset(end)) : null,
        };
    }

    private int HeadSize()
    {
        int size = ProtoSize.Field(Slot) + ProtoSize.Field(Answer.Correlation) + ProtoSize.Field((int)Answer.Error);
        size += ProtoSize.Field(Answer.HighWatermark.Value) + ProtoSize.Field(Answer.LogStart.Value) + ProtoSize.Field(Answer.Round);
        return Answer.Diverging is { } end ? size + 2 + ProtoSize.Field(end.Epoch.Value) + ProtoSize.Field(end.EndOffset.Value) : size;
    }
}
