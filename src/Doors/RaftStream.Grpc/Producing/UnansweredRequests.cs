using RaftStream.Broker.Producing;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Grpc.Producing;

/// <summary>A produce request on a stream, as its answer needs it.</summary>
/// <param name="CorrelationId">The client's number.</param>
/// <param name="Partition">The partition appended to.</param>
/// <param name="Bytes">Bytes of the batch.</param>
/// <param name="WantsAnswer">False with acks = 0.</param>
internal readonly record struct StreamRequest(ulong CorrelationId, int Partition, int Bytes, bool WantsAnswer);

/// <summary>An answer that waits to be sent.</summary>
/// <param name="Told">The error in the words of another broker, or with a hint at one; null is "as the result says".</param>
internal readonly record struct StreamAnswer(ulong CorrelationId, int Partition, ProduceResult Result, Error? Told);

/// <summary>Requests of one stream without an answer yet, and answers not sent yet. Thread-safe; keeps its memory.</summary>
internal sealed class UnansweredRequests
{
    private readonly Lock _gate = new();
    private readonly Queue<StreamAnswer> _answers = new();
    private readonly Stack<int> _free = new();
    private StreamRequest[] _slots = new StreamRequest[16];
    private int _used;
    private int _count;
    private long _bytes;

    /// <summary>Requests handed to the broker that it has not answered.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of those requests.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Answers that wait to be sent.</summary>
    public int AnswerCount
    {
        get
        {
            lock (_gate)
            {
                return _answers.Count;
            }
        }
    }

    /// <summary>True when nothing is open any more.</summary>
    public bool IsSettled
    {
        get
        {
            lock (_gate)
            {
                return _count == 0 && _answers.Count == 0;
            }
        }
    }

    /// <summary>Notes a request; returns what the broker shall call it.</summary>
    public ulong Add(in StreamRequest request)
    {
        lock (_gate)
        {
            int slot = _free.Count > 0 ? _free.Pop() : NewSlot();
            _slots[slot] = request;
            _count++;
            _bytes += request.Bytes;
            return (ulong)slot;
        }
    }

    /// <summary>The broker has answered: queues the answer if the client wants one.</summary>
    public void Answer(ulong requestId, in ProduceResult result, Error? told = null)
    {
        lock (_gate)
        {
            StreamRequest request = _slots[requestId];
            _free.Push((int)requestId);
            _count--;
            _bytes -= request.Bytes;
            if (request.WantsAnswer)
            {
                _answers.Enqueue(new StreamAnswer(request.CorrelationId, request.Partition, result, told));
            }
        }
    }

    /// <summary>Queues an answer to a request that the broker never saw.</summary>
    public void Refuse(ulong correlationId, int partition, Error error)
    {
        lock (_gate)
        {
            _answers.Enqueue(new StreamAnswer(correlationId, partition, ProduceResult.Failed((ErrorCode)error.Code), error));
        }
    }

    /// <summary>Takes the next answer to send.</summary>
    public bool TryTake(out StreamAnswer answer)
    {
        lock (_gate)
        {
            return _answers.TryDequeue(out answer);
        }
    }

    private int NewSlot()
    {
        if (_used == _slots.Length)
        {
            Array.Resize(ref _slots, _slots.Length * 2);
        }

        return _used++;
    }
}
