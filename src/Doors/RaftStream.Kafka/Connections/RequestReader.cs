using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Connections;

/// <summary>Takes whole requests off a connection. Large ones wait for memory before they are received or decoded.</summary>
internal sealed class RequestReader(PipeReader input, KafkaLimits limits, MemoryBudget memory, Action onProgress)
{
    // Records stay bytes. Everything else is decoded: an element of a few bytes becomes an object of some hundred.
    private const int DecodedBytesPerByte = 16;

    private long _reserved;
    private bool _isReservedWhole;
    private long _midRequestSince;
    private ReadOnlySequence<byte> _rest;
    private bool _hasRest;
    private bool _isEnd;

    /// <summary>True while the front of a request is here and its end is not.</summary>
    public bool IsMidRequest { get; private set; }

    /// <summary>For how long the front of a request has been here without its end, milliseconds; 0 when there is none.</summary>
    public long MidRequestMs => IsMidRequest ? Environment.TickCount64 - Volatile.Read(ref _midRequestSince) : 0;

    /// <summary>Bytes that the request under way has reserved.</summary>
    public long Reserved => Volatile.Read(ref _reserved);

    /// <summary>True when the next request is here already, and no larger than that.</summary>
    public bool HasNext(int most)
    {
        if (!_hasRest || _rest.Length <= KafkaFrame.SizeBytes)
        {
            return false;
        }

        int size = SizeOf(_rest);
        return size > 0 && size <= most && _rest.Length - KafkaFrame.SizeBytes >= size;
    }

    /// <summary>The next request, without its size field; null at the end of the connection. Call <see cref="Done"/> before the next.</summary>
    /// <exception cref="KafkaProtocolException">What comes is no request, or too large.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlySequence<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (int size, int decoded) = CostOfFirst();
            if (_hasRest && TryTake(out ReadOnlySequence<byte> frame))
            {
                IsMidRequest = false;
                await ReserveAsync(decoded, isWhole: true, cancellationToken).ConfigureAwait(false);
                return frame;
            }

            if (_isEnd)
            {
                return null;
            }

            await ReserveAsync(size, isWhole: false, cancellationToken).ConfigureAwait(false);
            if (_hasRest)
            {
                NoteProgressOfRequest();
                input.AdvanceTo(_rest.Start, _rest.End);
                _hasRest = false;
                _rest = default;
            }

            ReadResult read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            onProgress();
            _rest = read.Buffer;
            _hasRest = true;
            _isEnd = read.IsCompleted;
        }
    }

    /// <summary>The request's bytes are not needed any more.</summary>
    public void Done() => ReturnMemory();

    /// <summary>Lets go of everything.</summary>
    public void Close()
    {
        ReturnMemory();
        if (_hasRest)
        {
            input.AdvanceTo(_rest.End);
            _hasRest = false;
        }
    }

    private bool TryTake(out ReadOnlySequence<byte> frame)
    {
        if (_rest.Length >= KafkaFrame.SizeBytes && ForeignProtocols.Recognize(SizeOf(_rest)) is { } spoken)
        {
            throw new KafkaProtocolException(KafkaProtocolError.OverLimit, "frame", 0, spoken);
        }

        return KafkaFrame.TryRead(ref _rest, limits.MaxRequestBytes, out frame);
    }

    /// <summary>
    /// Before a large request is received its bytes are reserved, and before it is decoded what that costs, in their place: whoever announces
    /// much and sends little holds no more than it announced. Meanwhile the peer waits, and is not to blame for that.
    /// </summary>
    private async ValueTask ReserveAsync(int cost, bool isWhole, CancellationToken cancellationToken)
    {
        if (cost == 0 || cost == _reserved || (_reserved > 0 && isWhole == _isReservedWhole))
        {
            return;
        }

        ReturnMemory();
        bool wasMidRequest = IsMidRequest;
        IsMidRequest = false;
        await memory.TakeAsync(cost, cancellationToken).ConfigureAwait(false);
        _reserved = cost;
        _isReservedWhole = isWhole;
        IsMidRequest = wasMidRequest;
        onProgress();
    }

    private void NoteProgressOfRequest()
    {
        if (!_rest.IsEmpty && !IsMidRequest)
        {
            Volatile.Write(ref _midRequestSince, Environment.TickCount64);
        }

        IsMidRequest = !_rest.IsEmpty;
    }

    /// <summary>Memory of the request at the front, received and decoded; 0 when it is small, or too little of it is here to know.</summary>
    private (int Size, int Decoded) CostOfFirst()
    {
        if (!_hasRest || _rest.Length < KafkaFrame.SizeBytes + sizeof(short))
        {
            return (0, 0);
        }

        Span<byte> front = stackalloc byte[KafkaFrame.SizeBytes + sizeof(short)];
        _rest.Slice(0, front.Length).CopyTo(front);
        int size = BinaryPrimitives.ReadInt32BigEndian(front);
        bool isRecords = BinaryPrimitives.ReadInt16BigEndian(front[KafkaFrame.SizeBytes..]) == (short)ApiKey.Produce;
        return size <= limits.SmallRequestBytes ? (0, 0)
            : isRecords ? (size, size)
            : (size, (int)Math.Min((long)size * DecodedBytesPerByte, int.MaxValue));
    }

    private static int SizeOf(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> size = stackalloc byte[KafkaFrame.SizeBytes];
        bytes.Slice(0, KafkaFrame.SizeBytes).CopyTo(size);
        return BinaryPrimitives.ReadInt32BigEndian(size);
    }

    private void ReturnMemory()
    {
        if (_reserved > 0)
        {
            memory.Return(_reserved);
            _reserved = 0;
        }
    }
}
