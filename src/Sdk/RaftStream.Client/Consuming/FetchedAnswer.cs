using System.Buffers;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Rpc.Http2;

namespace RaftStream.Client.Consuming;

/// <summary>One answer of a consume stream together with the memory that it lies in: batches are read from where they were received.</summary>
/// <remarks>One owner at a time: the session, then the chunk that the batches become. Whoever has it disposes of it.</remarks>
internal sealed class FetchedAnswer : IDisposable
{
    private readonly IMemoryOwner<byte>? _memory;

    /// <summary>An answer whose batches lie in <paramref name="memory"/>; null when somebody else looks after that.</summary>
    public FetchedAnswer(ConsumeReply reply, IMemoryOwner<byte>? memory)
    {
        Reply = reply;
        _memory = memory;
    }

    /// <summary><c>Log.Consume</c> as the client reads it; on the wire what <see cref="LogMethods.Consume"/> is.</summary>
    public static Method<ConsumeRequest, FetchedAnswer> ConsumeMethod { get; } = new(
        LogMethods.Consume.Type,
        LogMethods.Consume.ServiceName,
        LogMethods.Consume.Name,
        LogMethods.Consume.RequestMarshaller,
        new Marshaller<FetchedAnswer>(static (_, _) => throw new NotSupportedException("Clients read answers only."), Read));

    /// <summary>The answer itself, in the memory that this owns.</summary>
    public ConsumeReply Reply { get; }

    /// <summary>The batches in one piece.</summary>
    public ReadOnlyMemory<byte> Batches
    {
        get
        {
            ReadOnlySequence<byte> batches = Reply.Records.Batches;
            return batches.IsSingleSegment ? batches.First : batches.ToArray();
        }
    }

    /// <summary>Gives the memory back to the transport.</summary>
    public void Dispose() => _memory?.Dispose();

    private static FetchedAnswer Read(DeserializationContext context)
    {
        IMemoryOwner<byte> memory = context.TakePayload();
        try
        {
            var reply = new ConsumeReply();
            reply.ParseFrom(new ReadOnlySequence<byte>(memory.Memory));
            return new FetchedAnswer(reply, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
