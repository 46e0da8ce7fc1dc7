using System.Buffers.Binary;
using Grpc.Core;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>Cuts the DATA of one response into messages, each in one piece of memory.</summary>
/// <remarks>
/// <code>
/// DATA:      |5| small |5| small |5|   large ......|......... |5| small
/// memory:    [shared: small small     small]   [own buffer of the exact length]
/// </code>
/// A large message gets a buffer of its own as soon as its prefix is there, and the socket may fill that directly
/// (<see cref="GetMemory"/>). Small ones share a buffer. Used by the connection's reader; let go by whoever closes the
/// stream when the reader is not inside.
/// </remarks>
internal sealed class MessageAssembler(BufferPool pool, int maxMessageBytes)
{
    private const int SharedMessageBytes = 2 * 1024;
    private const int MaxSharedBufferBytes = 32 * 1024;

    private readonly byte[] _prefix = new byte[MessageFrame.PrefixBytes];
    private readonly List<ReceivedMessage> _completed = [];
    private int _prefixBytes;
    private ReceivedMessage _message; // being filled when _missing > 0
    private int _missing;
    private CountedBuffer? _shared;
    private int _sharedUsed;
    private int _sharedBytes;

    /// <summary>Messages that are complete and not yet taken; their counts belong to whoever clears the list.</summary>
    public List<ReceivedMessage> Completed => _completed;

    /// <summary>True between messages: where a response may end.</summary>
    public bool IsBetweenMessages => _missing == 0 && _prefixBytes == 0;

    /// <summary>Takes the next bytes of the response, by copy.</summary>
    /// <exception cref="RpcException">Not a message, or one above the limit: nothing more can be read.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_missing > 0)
            {
                int count = Math.Min(_missing, bytes.Length);
                bytes[..count].CopyTo(_message.Buffer!.Array.AsSpan(_message.Offset + _message.Length - _missing));
                bytes = bytes[count..];
                Advance(count);
                continue;
            }

            int prefix = Math.Min(MessageFrame.PrefixBytes - _prefixBytes, bytes.Length);
            bytes[..prefix].CopyTo(_prefix.AsSpan(_prefixBytes));
            bytes = bytes[prefix..];
            _prefixBytes += prefix;
            if (_prefixBytes == MessageFrame.PrefixBytes)
            {
                BeginMessage();
            }
        }
    }

    /// <summary>Where the rest of the current message goes, at most <paramref name="maxBytes"/>; empty between messages.</summary>
    public Memory<byte> GetMemory(int maxBytes) => _missing == 0
        ? default
        : _message.Buffer!.Array.AsMemory(_message.Offset + _message.Length - _missing, Math.Min(_missing, maxBytes));

    /// <summary>The next <paramref name="bytes"/> of the current message are in place.</summary>
    public void Advance(int bytes)
    {
        _missing -= bytes;
        if (_missing == 0)
        {
            _completed.Add(_message);
            _message = default;
        }
    }

    /// <summary>Lets go of everything.</summary>
    public void Release()
    {
        _message.Release();
        _message = default;
        _missing = 0;
        _shared?.Release();
        _shared = null;
        foreach (ReceivedMessage message in _completed)
        {
            message.Release();
        }

        _completed.Clear();
    }

    private void BeginMessage()
    {
        _prefixBytes = 0;
        if (_prefix[0] > 1)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"A message begins with the byte {_prefix[0]}; 0 or 1 was expected."));
        }

        bool compressed = _prefix[0] == 1;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
        if (length > (uint)maxMessageBytes)
        {
            throw MessageFrame.TooLarge(length, maxMessageBytes);
        }

        if (length == 0)
        {
            _completed.Add(new ReceivedMessage(null, 0, 0, compressed, IsShared: false));
            return;
        }

        _missing = (int)length;
        _message = _missing <= SharedMessageBytes
            ? new ReceivedMessage(RentShared(_missing), _sharedUsed - _missing, _missing, compressed, IsShared: true)
            : new ReceivedMessage(pool.Rent(_missing), 0, _missing, compressed, IsShared: false);
    }

    private CountedBuffer RentShared(int bytes)
    {
        if (_shared is not null && _shared.IsExclusive)
        {
            _sharedUsed = 0; // all messages in it have been used up
        }

        if (_shared is null || _shared.Array.Length - _sharedUsed < bytes)
        {
            _shared?.Release();

            // A single small answer takes little; a stream of them soon gets buffers that hold many.
            _sharedBytes = Math.Max(bytes, Math.Min(MaxSharedBufferBytes, _sharedBytes * 4));
            _shared = pool.Rent(_sharedBytes);
            _sharedUsed = 0;
        }

        _shared.Retain();
        _sharedUsed += bytes;
        return _shared;
    }
}
