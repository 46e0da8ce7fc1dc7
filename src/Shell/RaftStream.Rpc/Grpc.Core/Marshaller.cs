namespace Grpc.Core;

/// <summary>How messages of one type become bytes and back.</summary>
/// <remarks>
/// The contextual pair is what the runtime calls: it writes straight into the transport's memory and reads from a view
/// of it, see <see cref="SerializationContext"/> and <see cref="DeserializationContext"/> for how long that view lives.
/// </remarks>
public sealed class Marshaller<T>
{
    /// <summary>A marshaller over whole byte arrays: simple, and a copy per message dearer.</summary>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        Serializer = serializer;
        Deserializer = deserializer;
        ContextualSerializer = (message, context) => context.Complete(serializer(message));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    /// <summary>A marshaller over the transport's memory.</summary>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        Serializer = static _ => throw new NotSupportedException("This marshaller is contextual only.");
        Deserializer = static _ => throw new NotSupportedException("This marshaller is contextual only.");
    }

    /// <summary>Message to array; throws on a contextual marshaller.</summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>Array to message; throws on a contextual marshaller.</summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Writes a message into the transport.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Reads a message from the transport.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}
