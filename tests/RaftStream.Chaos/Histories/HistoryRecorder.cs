using System.Collections.Concurrent;
using System.Diagnostics;

namespace RaftStream.Chaos.Histories;

/// <summary>Takes down what all processes do, with one clock.</summary>
/// <remarks>Thread-safe. An operation is added when it is over; one that never ends is added as <see cref="Outcome.Info"/>.</remarks>
internal sealed class HistoryRecorder
{
    private readonly ConcurrentQueue<Operation> _operations = new();
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>Wall clock when the run began, to find its moments in the nodes' logs.</summary>
    public DateTimeOffset Began { get; } = DateTimeOffset.UtcNow;

    /// <summary>Nanoseconds since the run began.</summary>
    public long Now => (long)((Stopwatch.GetTimestamp() - _began) * (1e9 / Stopwatch.Frequency));

    public int Count => _operations.Count;

    public void Add(Operation operation) => _operations.Enqueue(operation);

    /// <summary>What was added up to now.</summary>
    /// <param name="longestFailover">What <see cref="History.LongestFailover"/> says.</param>
    /// <param name="isIdempotent">What <see cref="History.IsIdempotent"/> says.</param>
    /// <param name="needsFault">What <see cref="History.NeedsFault"/> says.</param>
    public History ToHistory(TimeSpan? longestFailover, bool isIdempotent, bool needsFault) =>
        new([.. _operations], isIdempotent) { Began = Began, LongestFailover = longestFailover, NeedsFault = needsFault };
}
