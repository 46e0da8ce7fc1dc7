namespace RaftStream.Chaos.Clusters;

/// <summary>Which nodes hear each other; 0 stands for all clients.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Links
{
    /// <summary>Everyone who is no node.</summary>
    public const int Clients = 0;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Cut> _cuts = [];
    private TaskCompletionSource _changed = New();

    /// <summary>Cuts a node's traffic; joins it with <see cref="Cut.None"/>.</summary>
    public void Set(int node, Cut cut)
    {
        lock (_lock)
        {
            _cuts[node] = cut;
            _changed.SetResult();
            _changed = New();
        }
    }

    /// <summary>Completes when what <paramref name="from"/> sends reaches <paramref name="to"/>.</summary>
    public async Task WaitOpenAsync(int from, int to, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (!IsCut(from, Cut.Outbound, to) && !IsCut(to, Cut.Inbound, from))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private bool IsCut(int node, Cut way, int other)
    {
        Cut cut = _cuts.GetValueOrDefault(node);
        return cut.HasFlag(way) && (other != Clients || cut.HasFlag(Cut.Clients));
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
