namespace RaftStream.Raft.Leading;

/// <summary>A leader that no majority fetches from does not lead (C-8.6, P11).</summary>
internal sealed class CheckQuorum
{
    private readonly Replica _node;
    private readonly HashSet<ReplicaKey> _heard = [];

    public CheckQuorum(Replica node)
    {
        _node = node;
        DeadlineMs = Restarted();
    }

    /// <summary>End of the window; never for the only voter.</summary>
    public long DeadlineMs { get; private set; }

    public bool IsExpired => _node.NowMs >= DeadlineMs && !_node.Broke(RaftSabotage.NoCheckQuorum);

    private int Needed => _node.Voters.Majority - (_node.IsVoter ? 1 : 0);

    /// <summary>A replica fetched; voters count, each once in a window.</summary>
    public void Heard(ReplicaKey key)
    {
        _heard.Add(key);
        Look();
    }

    /// <summary>A window is complete when enough have fetched; also after the voters changed.</summary>
    public void Look()
    {
        if (_heard.Count(key => key != _node.Local && _node.Voters.Contains(key)) >= Needed)
        {
            _heard.Clear();
            DeadlineMs = Restarted();
        }
        else if (DeadlineMs == long.MaxValue)
        {
            DeadlineMs = Restarted(); // no longer the only voter
        }
    }

    private long Restarted() => Needed == 0 ? long.MaxValue : _node.NowMs + _node.Options.CheckQuorumMs;
}
