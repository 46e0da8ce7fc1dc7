using System.Buffers;
using Google.Protobuf;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary>Fields of hot messages that are seldom there, read by the generated classes.</summary>
internal static class ColdFields
{
    /// <summary>Reads a field that may come in several parts, as protobuf merges them.</summary>
    public static T Merge<T>(T? known, in ReadOnlySequence<byte> bytes)
        where T : class, IMessage<T>, new()
    {
        T message = known ?? new T();
        try
        {
            message.MergeFrom(bytes);
            return message;
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new MalformedMessageException(exception.Message);
        }
    }
}
