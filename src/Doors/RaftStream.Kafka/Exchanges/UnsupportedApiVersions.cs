using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Exchanges;

/// <summary>ApiVersions in a version of the future: error 35 in a body of version 0, with the one row that tells what to ask instead (KIP-511).</summary>
internal sealed class UnsupportedApiVersions(ServedApi apiVersions) : Exchange
{
    private readonly ApiVersionsResponse _response = new();

    public override bool IsReusable => false;

    public override IKafkaMessage Response => _response;

    public override void Read(ref KafkaReader reader)
    {
        // Anybody's guess.
    }

    public override ValueTask RunAsync(RequestScope scope)
    {
        _response.ErrorCode = (short)ErrorCode.UnsupportedVersion;
        ApiVersionsResponse.ApiVersion row = _response.ApiKeys.Add();
        row.ApiKey = (short)apiVersions.Info.Key;
        row.MinVersion = apiVersions.MinVersion;
        row.MaxVersion = apiVersions.MaxVersion;
        Answer();
        return ValueTask.CompletedTask;
    }

    public override void Release()
    {
    }
}
