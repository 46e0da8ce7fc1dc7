using Grpc.Core;
using Microsoft.Extensions.ObjectPool;

namespace RaftStream.Contracts;

/// <summary>Marshallers of the hand-written messages, and the pools that received ones come from and go back to.</summary>
/// <remarks>Thread-safe. A message must not be touched after it was returned.</remarks>
public static class HotMessages
{
    /// <summary>Messages of each kind kept for reuse: more than the streams of a busy node hold at once; under 1 KiB each.</summary>
    private const int PooledMessages = 1024;

    private static readonly ObjectPool<ProduceMessage> ProduceMessages = Pool<ProduceMessage>();
    private static readonly ObjectPool<ProduceReply> ProduceReplies = Pool<ProduceReply>();
    private static readonly ObjectPool<FetchReply> FetchReplies = Pool<FetchReply>();
    private static readonly ObjectPool<ConsumeReply> ConsumeReplies = Pool<ConsumeReply>();

    /// <summary><c>ProduceRequest</c>.</summary>
    public static Marshaller<ProduceMessage> ProduceMessage { get; } = new(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context =>
        {
            ProduceMessage message = ProduceMessages.Get();
            message.ParseFrom(context.PayloadAsReadOnlySequence());
            return message;
        });

    /// <summary><c>ProduceResponse</c>.</summary>
    public static Marshaller<ProduceReply> ProduceReply { get; } = new(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context =>
        {
            ProduceReply message = ProduceReplies.Get();
            message.ParseFrom(context.PayloadAsReadOnlySequence());
            return message;
        });

    /// <summary><c>FetchResponse</c>.</summary>
    public static Marshaller<FetchReply> FetchReply { get; } = new(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context =>
        {
            FetchReply message = FetchReplies.Get();
            message.ParseFrom(context.PayloadAsReadOnlySequence());
            return message;
        });

    /// <summary><c>ConsumeResponse</c>.</summary>
    public static Marshaller<ConsumeReply> ConsumeReply { get; } = new(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context =>
        {
            ConsumeReply message = ConsumeReplies.Get();
            message.ParseFrom(context.PayloadAsReadOnlySequence());
            return message;
        });

    /// <summary>Gives a received request back: its batch is no longer needed.</summary>
    public static void Return(ProduceMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        ProduceMessages.Return(message);
    }

    /// <summary>Gives a received answer back.</summary>
    public static void Return(ProduceReply message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ProduceReplies.Return(message);
    }

    /// <summary>Gives a received answer back: its batches are no longer needed.</summary>
    public static void Return(FetchReply message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        FetchReplies.Return(message);
    }

    /// <summary>Gives a received answer back: its batches are no longer needed.</summary>
    public static void Return(ConsumeReply message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Records.Clear();
        ConsumeReplies.Return(message);
    }

    private static DefaultObjectPool<T> Pool<T>()
        where T : class, new() => new(new DefaultPooledObjectPolicy<T>(), PooledMessages);
}
