using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Connections;

/// <summary>Takes whole requests off a connection. Large ones wait for memory while they are received, and before they are decoded.</summary>
internal sealed class RequestReader(PipeReader input, KafkaLimits limits, RequestMemory memory, Action onProgress)
{
    // Records stay bytes. Everything else is decoded: an element of a few bytes becomes an object of some hundred.
    private const int DecodedBytesPerByte = 16;

    // What a request holds beyond the bytes that are here: a block of the pool that they are received into.
    private const int StepBytes = 64 << 10;

    private readonly RequestClaim _claim = new();
    private long _midRequestSince;
    private long _owingSince;
    private long _received;
    private ReadOnlySequence<byte> _rest;
    private bool _hasRest;
    private bool _isEnd;

    /// <summary>True while the front of a request is here and its end is not.</summary>
    public bool IsMidRequest { get; private set; }

    /// <summary>For how long the front of a request has been here without its end, milliseconds; 0 when there is none.</summary>
    public long MidRequestMs => IsMidRequest ? Environment.TickCount64 - Volatile.Read(ref _midRequestSince) : 0;

    /// <summary>Since when it has been for the client to send the rest of a request, milliseconds of the system's clock; null when it is not.</summary>
    public long? OwingSince => IsMidRequest ? Volatile.Read(ref _owingSince) : null;

    /// <summary>Bytes that the request under way holds.</summary>
    public long Held => _claim.Held;

    /// <summary>All bytes that ever came.</summary>
    public long Received => Volatile.Read(ref _received);

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
                await HoldAsync(decoded, cancellationToken).ConfigureAwait(false);
                return frame;
            }

            if (_isEnd)
            {
                return null;
            }

            await HoldAsync(NextStep(size), cancellationToken).ConfigureAwait(false);
            long kept = _rest.Length;
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
            Volatile.Write(ref _received, _received + _rest.Length - kept);
            _hasRest = true;
            _isEnd = read.IsCompleted;
        }
    }

    /// <summary>The request's bytes are not needed any more.</summary>
    public void Done() => memory.Release(_claim);

    /// <summary>Lets go of everything.</summary>
    public void Close()
    {
        memory.Release(_claim);
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
    /// Bytes that a request is to hold before more of it is received: what is here and one step. Whoever announces much and sends little holds
    /// little; the first bytes, as many as a small request has, are free.
    /// </summary>
    private long NextStep(int size) =>
        size == 0 || _rest.Length <= Math.Max(limits.SmallRequestBytes, _claim.Held) ? 0 : Math.Min(size, _rest.Length + StepBytes);

    /// <summary>Has the request hold that many bytes in all. Meanwhile the peer waits, and is not to blame for that.</summary>
    private async ValueTask HoldAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes <= _claim.Held)
        {
            return;
        }

        bool wasMidRequest = IsMidRequest;
        IsMidRequest = false;
        long began = Environment.TickCount64;
        ValueTask granted = memory.GrowAsync(_claim, bytes, cancellationToken);
        bool waits = !granted.IsCompleted;
        await granted.ConfigureAwait(false);
        if (waits)
        {
            long now = Environment.TickCount64;
            Volatile.Write(ref _midRequestSince, _midRequestSince + now - began);
            Volatile.Write(ref _owingSince, now);
        }

        IsMidRequest = wasMidRequest;
        onProgress();
    }

    private void NoteProgressOfRequest()
    {
        if (!_rest.IsEmpty && !IsMidRequest)
        {
            Volatile.Write(ref _midRequestSince, Environment.TickCount64);
            Volatile.Write(ref _owingSince, _midRequestSince);
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
}
