using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

public sealed class FindCoordinatorTests
{
    [Theory]
    [VersionsOf(ApiKey.FindCoordinator)]
    public async Task Each_key_is_told_that_there_is_no_coordinator(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new FindCoordinatorRequest();
        if (version < 4)
        {
            request.Key = "billing";
        }
        else
        {
            request.CoordinatorKeys.AddRange(["billing", "audit"]);
        }

        FindCoordinatorResponse response = await broker.CallAsync<FindCoordinatorResponse>(request, version);

        short expected = KafkaBroker.Code(ErrorCode.CoordinatorNotAvailable);
        if (version < 4)
        {
            Assert.Equal((expected, -1, "", -1), (response.ErrorCode, response.NodeId, response.Host, response.Port));
        }
        else
        {
            // E.4: batched from version 4.
            Assert.Equal(["billing", "audit"], [response.Coordinators[0].Key, response.Coordinators[1].Key]);
            Assert.Equal((expected, -1, "", -1), (response.Coordinators[1].ErrorCode, response.Coordinators[1].NodeId, response.Coordinators[1].Host, response.Coordinators[1].Port));
            Assert.Contains("consumer groups", response.Coordinators[1].ErrorMessage, StringComparison.Ordinal);
        }
    }

    [Theory]
    [VersionsOf(ApiKey.FindCoordinator, from: 1)]
    public async Task An_unknown_key_type_is_a_mistake(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new FindCoordinatorRequest { KeyType = 9 };
        if (version >= 4)
        {
            request.CoordinatorKeys.Add("billing");
        }

        FindCoordinatorResponse response = await broker.CallAsync<FindCoordinatorResponse>(request, version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), version < 4 ? response.ErrorCode : response.Coordinators[0].ErrorCode);
    }
}
