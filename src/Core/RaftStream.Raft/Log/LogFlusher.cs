using RaftStream.Model;

namespace RaftStream.Raft.Log;

/// <summary>At most one flush at a time; one that began before a cut says nothing about what came after it.</summary>
internal sealed class LogFlusher(LogView log)
{
    private bool _running;
    private bool _isVoid;

    /// <summary>True when a flush is needed and none runs.</summary>
    public bool ShallStart => !_running && log.DurableEnd < log.End;

    /// <summary>True while appended records wait for the disk.</summary>
    public bool IsBehind => log.DurableEnd < log.End;

    /// <summary>A flush is asked for.</summary>
    public void Started() => _running = true;

    /// <summary>A flush ended.</summary>
    public void Ended(Offset end)
    {
        Invariant.Check(_running);
        if (!_isVoid)
        {
            log.Flushed(Offset.Min(end, log.End));
        }

        _running = _isVoid = false;
    }

    /// <summary>The log was cut or reset: what runs does not count.</summary>
    public void LogWasCut() => _isVoid = _running;
}
