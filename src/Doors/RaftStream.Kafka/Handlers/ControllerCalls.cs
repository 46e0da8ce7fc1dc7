using System.Collections.Immutable;
using RaftStream.Broker.Controller;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>Requests to the controller; that it cannot take one is told item by item, as Kafka's clients expect.</summary>
internal static class ControllerCalls
{
    /// <summary>Asks; when the controller cannot take the request, all outcomes are <paramref name="refused"/>.</summary>
    public static async ValueTask<ImmutableArray<TOutcome>> AskAsync<TOutcome>(
        Func<Task<ImmutableArray<TOutcome>>> ask, Func<OperationError, IEnumerable<TOutcome>> refused)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (ControllerUnavailableException exception)
        {
            return [.. refused(ErrorOf(exception))];
        }
    }

    /// <summary>
    /// What clients are told. The broker has tried for long, and what was asked may have been done: NOT_CONTROLLER would make clients ask again at
    /// once, and take what they did themselves for somebody else's doing.
    /// </summary>
    public static OperationError ErrorOf(ControllerUnavailableException exception) => new(
        exception.Code == ErrorCode.NotController ? ErrorCode.RequestTimedOut : exception.Code, exception.Message);
}
