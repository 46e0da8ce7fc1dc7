using RaftStream.Kafka.Connections;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Exchanges;

/// <summary>One request and its answer. Reusable: a connection keeps those it needs.</summary>
internal abstract class Exchange
{
    private Action<Exchange>? _onAnswered;
    private int _isAnswered;

    /// <summary>The API served.</summary>
    public required ServedApi Api { get; init; }

    /// <summary>Of the request that is under way.</summary>
    public RequestHeader Header { get; private set; }

    /// <summary>When it began, <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    public long BeganAt { get; private set; }

    /// <summary>True once <see cref="Response"/> can be sent.</summary>
    public bool IsAnswered => Volatile.Read(ref _isAnswered) == 1;

    /// <summary>True when not a byte is to be sent: produce with acks 0.</summary>
    public virtual bool IsSilent => false;

    /// <summary>True when the connection is to be closed instead of an answer, as Kafka does where an answer cannot tell an error.</summary>
    public virtual bool ClosesConnection => false;

    /// <summary>True when the next request may be looked at before this one is answered.</summary>
    public virtual bool LetsNextBegin => false;

    /// <summary>Bytes of the request.</summary>
    public int RequestBytes { get; set; }

    /// <summary>Bytes of the answer, those of files not counted.</summary>
    public int AnswerBytes { get; set; }

    /// <summary>Memory that the answer has been given, as its connection accounts for it.</summary>
    public AnswerMemory AnswerMemory { get; set; }

    /// <summary>The most that its answers were estimated to need: what it keeps for the next ones, roughly, bytes.</summary>
    public long KeptBytes { get; set; }

    /// <summary>True when it can serve further requests.</summary>
    public virtual bool IsReusable => true;

    /// <summary>What is sent.</summary>
    public abstract IKafkaMessage Response { get; }

    /// <summary>Begins a request.</summary>
    /// <param name="onAnswered">Called once when it is answered, on any thread.</param>
    public void Begin(in RequestHeader header, long now, Action<Exchange> onAnswered)
    {
        Header = header;
        BeganAt = now;
        _onAnswered = onAnswered;
        Volatile.Write(ref _isAnswered, 0);
    }

    /// <summary>Reads the body; what it borrows stays valid until <see cref="RunAsync"/> completes.</summary>
    public abstract void Read(ref KafkaReader reader);

    /// <summary>About how much memory the answer will need until it is encoded, bytes; 0 is no more than its request. The body was read.</summary>
    public virtual long EstimateAnswer(RequestScope scope) => 0;

    /// <summary>Serves the request. Completes when the request's bytes are free again; the answer may come earlier or later.</summary>
    public abstract ValueTask RunAsync(RequestScope scope);

    /// <summary>The answer was sent, or never will be: lets go of everything.</summary>
    public abstract void Release();

    /// <summary>The answer is there.</summary>
    protected void Answer()
    {
        Volatile.Write(ref _isAnswered, 1);
        _onAnswered!(this);
    }
}
