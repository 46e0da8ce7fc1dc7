using System.Collections.Immutable;
using RaftStream.Broker.Controller;
using RaftStream.Kafka.Handlers;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers;

public sealed class ControllerCallsTests
{
    [Fact]
    public async Task Without_a_controller_every_item_is_told_that_its_outcome_is_unknown()
    {
        // NOT_CONTROLLER would make clients ask again at once, and find their own doing in the way.
        ImmutableArray<OperationError> outcomes = await ControllerCalls.AskAsync(
            () => throw new ControllerUnavailableException(ErrorCode.NotController, "Nobody leads."),
            error => new[] { error, error });

        Assert.Equal([new OperationError(ErrorCode.RequestTimedOut, "Nobody leads."), new OperationError(ErrorCode.RequestTimedOut, "Nobody leads.")], outcomes.AsEnumerable());
    }

    [Fact]
    public async Task A_refusal_of_the_whole_request_is_told_as_it_is()
    {
        ImmutableArray<OperationError> outcomes = await ControllerCalls.AskAsync(
            () => throw new ControllerUnavailableException(ErrorCode.ThrottlingQuotaExceeded, "Too many wait."), error => new[] { error });

        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, outcomes.Single().Code);
    }
}
