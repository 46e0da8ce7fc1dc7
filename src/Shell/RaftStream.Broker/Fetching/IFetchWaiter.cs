using RaftStream.Model;

namespace RaftStream.Broker.Fetching;

/// <summary>Takes the wake-ups of parked fetches.</summary>
internal interface IFetchWaiter
{
    /// <summary>News, an error or the deadline. Called at most once per parking, on any thread. Short; does not throw.</summary>
    /// <param name="index">Which partition of the waiter.</param>
    /// <param name="generation">Which parking: an older one means nothing any more.</param>
    void OnWake(int index, int generation, ErrorCode error);
}

/// <summary>What a partition calls a parked fetch.</summary>
internal readonly record struct FetchTag(IFetchWaiter Waiter, int Index, int Generation);
