namespace RaftStream.Kafka.Protocol;

/// <summary>What stands in front of a request's body.</summary>
/// <param name="ApiKey">As the peer sent it; maybe no API that the codec knows.</param>
/// <param name="ApiVersion">As the peer sent it; maybe no version that the codec knows.</param>
/// <param name="CorrelationId">Goes back with the response.</param>
/// <param name="ClientId">What the client calls itself; also null when <see cref="Api"/> is.</param>
/// <remarks>
/// <code>
/// int16 key | int16 version | int32 correlation id | nullable string client id | header version 2: tagged fields
/// </code>
/// The client id has a length of two bytes in header version 2 too, so that a broker can read the header of an ApiVersions request from the future.
/// </remarks>
public readonly record struct RequestHeader(short ApiKey, short ApiVersion, int CorrelationId, string? ClientId)
{
    /// <summary>The API in a version that the codec knows; null when the body cannot be read.</summary>
    public ApiInfo? Api => ApiTable.Find(ApiKey) is { } api && api.Knows(ApiVersion) ? api : null;

    /// <summary>
    /// Takes a header off the front of <paramref name="reader"/>. Of an API or a version that the codec does not know only key, version and
    /// correlation id are read, since what follows is anybody's guess; they are enough for an answer.
    /// </summary>
    public static RequestHeader Read(ref KafkaReader reader)
    {
        var header = new RequestHeader(
            reader.ReadInt16("RequestHeader.ApiKey"),
            reader.ReadInt16("RequestHeader.ApiVersion"),
            reader.ReadInt32("RequestHeader.CorrelationId"),
            null);
        if (header.Api is not { } api)
        {
            return header;
        }

        string? clientId = reader.ReadString(compact: false, nullable: true, "RequestHeader.ClientId");
        if (api.RequestHeaderVersion(header.ApiVersion) == 2)
        {
            reader.SkipTags("RequestHeader");
        }

        return header with { ClientId = clientId };
    }

    /// <summary>Appends the header.</summary>
    public void Write(ref KafkaWriter writer)
    {
        writer.WriteInt16(ApiKey);
        writer.WriteInt16(ApiVersion);
        writer.WriteInt32(CorrelationId);
        writer.WriteString(ClientId, compact: false, nullable: true, "RequestHeader.ClientId");
        if (IsFlexible)
        {
            writer.WriteUInt8(0);
        }
    }

    /// <summary>Bytes of the header.</summary>
    public int GetSize() => 8 + WireLength.String(ClientId, compact: false) + (IsFlexible ? 1 : 0);

    private bool IsFlexible => ApiTable.Find(ApiKey)?.RequestHeaderVersion(ApiVersion) == 2;
}
