namespace RaftStream.Kafka.Connections;

/// <summary>What the request under way on one connection holds of <see cref="RequestMemory"/>; one per connection, used again by each request.</summary>
internal sealed class RequestClaim
{
    private long _held;

    public RequestClaim()
    {
        Place = new LinkedListNode<RequestClaim>(this);
    }

    /// <summary>Its place among all, in the list while a request holds or wants memory.</summary>
    public LinkedListNode<RequestClaim> Place { get; }

    /// <summary>Bytes that it holds.</summary>
    public long Held
    {
        get => Volatile.Read(ref _held);
        set => Volatile.Write(ref _held, value);
    }

    /// <summary>Bytes that it waits for; 0 when it does not wait.</summary>
    public long Wanted { get; set; }

    /// <summary>Completed when it has what it waits for, or waits no longer.</summary>
    public TaskCompletionSource Granted { get; private set; } = new();

    /// <summary>Begins to wait.</summary>
    public void BeginWaiting() => Granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
}
