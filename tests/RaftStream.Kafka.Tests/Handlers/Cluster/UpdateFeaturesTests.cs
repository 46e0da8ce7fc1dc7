using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

public sealed class UpdateFeaturesTests
{
    [Theory]
    [VersionsOf(ApiKey.UpdateFeatures)]
    public async Task What_is_already_so_may_be_asked_for(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        UpdateFeaturesRequest request = Asked(version, ("metadata.version", 1, false));
        request.ValidateOnly = version >= 1;

        UpdateFeaturesResponse response = await broker.CallAsync<UpdateFeaturesResponse>(request, version);

        Assert.Equal((0, null), (response.ErrorCode, response.ErrorMessage));
        Assert.Equal(version <= 1 ? 1 : 0, response.Results.Count);
        Assert.All(Enumerable.Range(0, response.Results.Count), i => Assert.Equal((0, null), (response.Results[i].ErrorCode, response.Results[i].ErrorMessage)));
    }

    [Theory]
    [InlineData(0, "metadata.version", 2, false, ErrorCode.InvalidUpdateVersion)] // beyond what is supported
    [InlineData(1, "metadata.version", 2, false, ErrorCode.InvalidUpdateVersion)]
    [InlineData(2, "metadata.version", 2, false, ErrorCode.InvalidUpdateVersion)]
    [InlineData(2, "metadata.version", 0, true, ErrorCode.InvalidUpdateVersion)] // the level below the first
    [InlineData(1, "metadata.version", 0, false, ErrorCode.InvalidUpdateVersion)]
    [InlineData(0, "metadata.version", -1, false, ErrorCode.InvalidUpdateVersion)]
    [InlineData(2, "transaction.version", 2, false, ErrorCode.InvalidUpdateVersion)] // not known here
    [InlineData(1, "", 1, false, ErrorCode.InvalidUpdateVersion)]
    public async Task What_cannot_be_changed_is_refused(int version, string feature, short level, bool downgrades, ErrorCode expected)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        UpdateFeaturesResponse response = await broker.CallAsync<UpdateFeaturesResponse>(
            Asked(version, ("metadata.version", 1, false), (feature, level, downgrades)), version);

        if (version <= 1)
        {
            Assert.Equal(0, response.ErrorCode);
            Assert.Equal((short)0, response.Results[0].ErrorCode);
            Assert.Equal((feature, KafkaBroker.Code(expected)), (response.Results[1].Feature, response.Results[1].ErrorCode));
            Assert.NotEmpty(response.Results[1].ErrorMessage!);
        }
        else
        {
            Assert.Equal(KafkaBroker.Code(expected), response.ErrorCode);
            Assert.NotEmpty(response.ErrorMessage!);
        }

        Assert.Equal(1, broker.Api.Image.Features["metadata.version"]);
    }

    [Theory]
    [VersionsOf(ApiKey.UpdateFeatures, from: 1)]
    public async Task An_unknown_kind_of_change_is_refused(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        UpdateFeaturesRequest request = Asked(version, ("metadata.version", 1, false));
        request.FeatureUpdates[0].UpgradeType = 9;

        UpdateFeaturesResponse response = await broker.CallAsync<UpdateFeaturesResponse>(request, version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidUpdateVersion), version <= 1 ? response.Results[0].ErrorCode : response.ErrorCode);
    }

    private static UpdateFeaturesRequest Asked(int version, params (string Feature, short Level, bool Downgrades)[] updates)
    {
        var request = new UpdateFeaturesRequest();
        foreach ((string feature, short level, bool downgrades) in updates)
        {
            UpdateFeaturesRequest.FeatureUpdateKey update = request.FeatureUpdates.Add();
            (update.Feature, update.MaxVersionLevel) = (feature, level);
            if (version == 0)
            {
                update.AllowDowngrade = downgrades;
            }
            else
            {
                update.UpgradeType = downgrades ? (sbyte)2 : (sbyte)1;
            }
        }

        return request;
    }
}
