using System.Net;

namespace RaftStream.Kafka.Connections;

/// <summary>Lets one log line of an address and a reason through per interval, and counts the others. Thread-safe; its memory is bounded.</summary>
internal sealed class LogLimiter
{
    /// <summary>For how long further lines are left out, milliseconds: long enough for a log that one can read.</summary>
    public const long IntervalMs = 60_000;

    /// <summary>Addresses and reasons that are told apart. Whoever comes when there are as many is counted with <see cref="Others"/>.</summary>
    public const int MaxSources = 1000;

    /// <summary>The reason of those that are not told apart; they have no address.</summary>
    public const string Others = "further addresses and reasons";

    private readonly Lock _gate = new();
    private readonly Dictionary<Source, Counted> _sources = [];

    /// <summary>True when a line is to be written.</summary>
    /// <param name="reason">One of few: nothing that a client makes up.</param>
    public bool LetsThrough(IPAddress? address, string reason, long nowMs)
    {
        lock (_gate)
        {
            var source = new Source(address, reason);
            bool isOther = _sources.Count >= MaxSources && !_sources.ContainsKey(source);
            source = isOther ? new Source(null, Others) : source;
            if (!_sources.TryGetValue(source, out Counted? counted))
            {
                _sources.Add(source, counted = new Counted(nowMs));
                counted.LeftOut = isOther ? 1 : 0;
                return !isOther;
            }

            counted.LeftOut++;
            return false;
        }
    }

    /// <summary>Forgets those whose interval is over. Call it now and then: until then their lines are left out.</summary>
    /// <returns>Those of which lines were left out.</returns>
    public IReadOnlyList<LeftOutLines> TakeEnded(long nowMs)
    {
        List<LeftOutLines> ended = [];
        lock (_gate)
        {
            foreach ((Source source, Counted counted) in _sources)
            {
                if (nowMs - counted.BeganMs < IntervalMs)
                {
                    continue;
                }

                _sources.Remove(source); // a dictionary may be walked meanwhile
                if (counted.LeftOut > 0)
                {
                    ended.Add(new LeftOutLines(source.Address, source.Reason, counted.LeftOut));
                }
            }
        }

        return ended;
    }

    private readonly record struct Source(IPAddress? Address, string Reason);

    private sealed class Counted(long beganMs)
    {
        public long BeganMs { get; } = beganMs;

        public long LeftOut { get; set; }
    }
}

/// <summary>Lines that were not written.</summary>
/// <param name="Address">Of the clients; null when there is none, or there were several.</param>
/// <param name="Reason">What they would have said, in short.</param>
internal readonly record struct LeftOutLines(IPAddress? Address, string Reason, long Count);
