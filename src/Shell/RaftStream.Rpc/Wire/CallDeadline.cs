using Grpc.Core;

namespace RaftStream.Rpc.Wire;

/// <summary>What both sides agree on about deadlines.</summary>
internal static class CallDeadline
{
    /// <summary>The longest that a timer of the framework takes; a deadline beyond it is none.</summary>
    public static readonly TimeSpan MaxTimer = TimeSpan.FromDays(49);

    /// <summary>What a call ends with when time is up.</summary>
    public static readonly Status Exceeded = new(StatusCode.DeadlineExceeded, "The deadline passed.");
}
