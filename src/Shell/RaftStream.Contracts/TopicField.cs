using System.Buffers;
using System.Text;
using RaftStream.Contracts.Wire;
using RaftStream.Model;

namespace RaftStream.Contracts;

/// <summary>A <c>TopicRef</c> as bytes: compared and looked up without making a string.</summary>
/// <remarks>Owns its bytes and keeps its memory from message to message. One owner; not thread-safe.</remarks>
public sealed class TopicField
{
    private const int IdLength = 16;

    private byte[] _name = [];
    private byte[] _id = [];
    private int _nameLength;
    private int _idLength;

    /// <summary>The topic's name in UTF-8; empty is "by id". Not validated.</summary>
    public ReadOnlySpan<byte> NameUtf8 => _name.AsSpan(0, _nameLength);

    /// <summary>The bytes of the topic's id as sent: 16 of a big-endian UUID, or none; anything else is a mistake.</summary>
    public ReadOnlySpan<byte> IdBytes => _id.AsSpan(0, _idLength);

    /// <summary>The name as a string, for answers to people.</summary>
    public string Name => Encoding.UTF8.GetString(NameUtf8);

    /// <summary>Bytes of the encoded message.</summary>
    public int Size => ProtoSize.Field(_nameLength, evenIfEmpty: false) + ProtoSize.Field(_idLength, evenIfEmpty: false);

    /// <summary>The id, or <see cref="TopicId.None"/> when there is none; false when its length is wrong.</summary>
    public bool TryGetId(out TopicId id)
    {
        id = _idLength == IdLength ? new TopicId(new Guid(IdBytes, bigEndian: true)) : TopicId.None;
        return _idLength is 0 or IdLength;
    }

    /// <summary>Names the topic by its name, its id, or both.</summary>
    public void Set(ReadOnlySpan<byte> nameUtf8, TopicId id)
    {
        Store(ref _name, out _nameLength, nameUtf8);
        if (id == TopicId.None)
        {
            _idLength = 0;
            return;
        }

        Span<byte> bytes = stackalloc byte[IdLength];
        Invariant.Check(id.Value.TryWriteBytes(bytes, bigEndian: true, out _));
        Store(ref _id, out _idLength, bytes);
    }

    /// <summary>Names the topic by its name, its id, or both.</summary>
    public void Set(string name, TopicId id)
    {
        ArgumentNullException.ThrowIfNull(name);
        Set(Encoding.UTF8.GetBytes(name), id);
    }

    /// <summary>Copies another field.</summary>
    public void Set(TopicField other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Store(ref _name, out _nameLength, other.NameUtf8);
        Store(ref _id, out _idLength, other.IdBytes);
    }

    internal void Clear() => _nameLength = _idLength = 0;

    /// <summary>Reads a <c>TopicRef</c>; what it does not name stays, as protobuf merges a field that comes twice.</summary>
    internal void MergeFrom(in ReadOnlySequence<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    Store(ref _name, out _nameLength, reader.ReadBytes());
                    break;
                case (2 << 3) | 2:
                    Store(ref _id, out _idLength, reader.ReadBytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }
    }

    internal void WriteTo(ref ProtoWriter writer)
    {
        writer.Field(1, NameUtf8);
        writer.Field(2, IdBytes);
    }

    private static void Store(ref byte[] store, out int length, ReadOnlySpan<byte> bytes)
    {
        Reserve(ref store, bytes.Length);
        bytes.CopyTo(store);
        length = bytes.Length;
    }

    private static void Store(ref byte[] store, out int length, in ReadOnlySequence<byte> bytes)
    {
        length = checked((int)bytes.Length);
        Reserve(ref store, length);
        bytes.CopyTo(store);
    }

    private static void Reserve(ref byte[] store, int length)
    {
        if (store.Length < length)
        {
            store = new byte[Math.Max(length, 32)];
        }
    }
}
