using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>
/// Rounds by which a leader learns that it still led: one is confirmed once all who could take over have fetched with its number or a
/// later one.
/// </summary>
internal sealed class RoundBarrier
{
    private long _confirmed;

    /// <summary>The latest round that somebody asked for; 0 before the first.</summary>
    public long Latest { get; private set; }

    /// <summary>True while somebody waits.</summary>
    public bool IsAwaited => Latest > _confirmed;

    /// <summary>Somebody asks.</summary>
    /// <returns>The round to wait for.</returns>
    public long Begin() => ++Latest;

    /// <summary>All who could take over have confirmed <paramref name="round"/>.</summary>
    /// <returns>False when that is no news.</returns>
    public bool TryConfirm(long round)
    {
        Invariant.Check(round <= Latest);
        if (round <= _confirmed)
        {
            return false;
        }

        _confirmed = round;
        return true;
    }

    /// <summary>The reign ends, and with it what waits.</summary>
    public void GiveUp() => _confirmed = Latest;
}
