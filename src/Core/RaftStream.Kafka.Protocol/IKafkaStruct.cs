namespace RaftStream.Kafka.Protocol;

/// <summary>Fields in a row: a message's body, or what its arrays are made of. Implemented by generated classes.</summary>
public interface IKafkaStruct
{
    /// <summary>Takes the value off the front of <paramref name="reader"/>; fields that the version lacks get their defaults.</summary>
    /// <exception cref="KafkaProtocolException">The bytes are no such value; this then holds a part of it.</exception>
    void Read(ref KafkaReader reader, short version);

    /// <summary>Appends the value; tagged fields that have their defaults are left out.</summary>
    /// <exception cref="InvalidOperationException">The version cannot say this; what was written is to be thrown away.</exception>
    void Write(ref KafkaWriter writer, short version);

    /// <summary>The bytes of it on the wire, holes included.</summary>
    int GetSize(short version);

    /// <summary>Gives every field its default and lets go of borrowed bytes; lists keep what they can use again.</summary>
    void Reset();
}

/// <summary>The body of a request or a response.</summary>
public interface IKafkaMessage : IKafkaStruct
{
    /// <summary>The API that it belongs to.</summary>
    ApiKey Api { get; }
}
