using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers;

public sealed class ApiVersionsTests
{
    [Theory]
    [VersionsOf(ApiKey.ApiVersions)]
    public async Task E3_8_what_is_listed_is_what_is_served_in_ascending_order(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        ApiVersionsResponse response = await broker.CallAsync<ApiVersionsResponse>(Asked(version), version);

        Assert.Equal(0, response.ErrorCode);
        List<(short Key, short Min, short Max)> rows = Rows(response);
        Assert.Equal(rows.Select(row => row.Key).Order(), rows.Select(row => row.Key));
        Assert.All(rows, row => Assert.True(ApiTable.Get((ApiKey)row.Key).MaxVersion == row.Max));

        // Produce 0 to 2 are listed and refused (E.3 7); Metadata 0 is kept, and topic ids are told, so that Produce 13 and Fetch 13 may be (E.3 9).
        Assert.Contains(((short)ApiKey.Produce, (short)0, (short)13), rows);
        Assert.Contains(((short)ApiKey.Metadata, (short)0, (short)13), rows);
        Assert.Equal(5, rows.Single(row => row.Key == (short)ApiKey.InitProducerId).Max); // 6 is not stable yet
    }

    [Theory]
    [VersionsOf(ApiKey.ApiVersions, from: 3)]
    public async Task E3_4_names_of_clients_are_checked(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        ApiVersionsRequest request = Asked(version);
        request.ClientSoftwareName = "-bad name-";

        ApiVersionsResponse response = await broker.CallAsync<ApiVersionsResponse>(request, version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), response.ErrorCode);
        Assert.Equal(0, response.ApiKeys.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.ApiVersions, from: 3)]
    public async Task E3_5_no_feature_has_a_minimum_of_0(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        ApiVersionsResponse response = await broker.CallAsync<ApiVersionsResponse>(Asked(version), version);

        Assert.Equal("metadata.version", response.SupportedFeatures[0].Name);
        Assert.True(response.SupportedFeatures[0].MinVersion >= 1);
        Assert.Equal("metadata.version", response.FinalizedFeatures[0].Name);
        Assert.Equal(1, response.FinalizedFeatures[0].MaxVersionLevel);
        Assert.True(response.FinalizedFeaturesEpoch >= 0);
    }

    [Theory]
    [VersionsOf(ApiKey.ApiVersions, from: 5)]
    public async Task Who_means_another_cluster_or_broker_is_sent_to_look_around_anew(int version) // KIP-1242
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        ApiVersionsRequest right = Asked(version);
        (right.ClusterId, right.NodeId) = (broker.Api.ClusterId.ToString("D"), 1);
        ApiVersionsRequest otherCluster = Asked(version);
        otherCluster.ClusterId = "elsewhere";
        ApiVersionsRequest otherBroker = Asked(version);
        otherBroker.NodeId = 2;

        Assert.Equal(0, (await broker.CallAsync<ApiVersionsResponse>(right, version)).ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.RebootstrapRequired), (await broker.CallAsync<ApiVersionsResponse>(otherCluster, version)).ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.RebootstrapRequired), (await broker.CallAsync<ApiVersionsResponse>(otherBroker, version)).ErrorCode);
    }

    private static ApiVersionsRequest Asked(int version) => version < 3
        ? new ApiVersionsRequest()
        : new ApiVersionsRequest { ClientSoftwareName = "apache-kafka-java", ClientSoftwareVersion = "4.0.0" };

    private static List<(short Key, short Min, short Max)> Rows(ApiVersionsResponse response)
    {
        List<(short, short, short)> rows = [];
        foreach (ApiVersionsResponse.ApiVersion row in response.ApiKeys)
        {
            rows.Add((row.ApiKey, row.MinVersion, row.MaxVersion));
        }

        return rows;
    }
}
