using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Connections;

/// <summary>Takes whole requests off a connection. Large ones wait for memory before they are received.</summary>
internal sealed class RequestReader(PipeReader input, KafkaLimits limits, RequestMemory memory, Action onProgress)
{
    private int _reserved;
    private ReadOnlySequence<byte> _rest;
    private bool _hasRest;
    private bool _isEnd;

    /// <summary>True while the front of a request is here and its end is not.</summary>
    public bool IsMidRequest { get; private set; }

    /// <summary>The next request, without its size field; null at the end of the connection. Call <see cref="Done"/> before the next.</summary>
    /// <exception cref="KafkaProtocolException">What comes is no request, or too large.</exception>
    public async ValueTask<ReadOnlySequence<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_hasRest && TryTake(out ReadOnlySequence<byte> frame))
            {
                IsMidRequest = false;
                return frame;
            }

            if (_isEnd)
            {
                return null;
            }

            await ReserveAsync(cancellationToken).ConfigureAwait(false);
            if (_hasRest)
            {
                IsMidRequest = !_rest.IsEmpty;
                input.AdvanceTo(_rest.Start, _rest.End);
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

    /// <summary>A request that is large and not here yet gets its memory first; meanwhile the peer waits.</summary>
    private async ValueTask ReserveAsync(CancellationToken cancellationToken)
    {
        if (!_hasRest || _reserved > 0 || _rest.Length < KafkaFrame.SizeBytes)
        {
            return;
        }

        int size = SizeOf(_rest);
        if (size > limits.SmallRequestBytes)
        {
            await memory.TakeAsync(size, cancellationToken).ConfigureAwait(false);
            _reserved = size;
        }
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
