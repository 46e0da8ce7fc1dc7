using System.Collections.Immutable;

namespace RaftStream.Kafka.Protocol;

/// <summary>What the codec knows of one API. What a broker advertises is another matter.</summary>
/// <param name="Key">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="MinVersion">First version that can be read and written.</param>
/// <param name="MaxVersion">Last version, inclusive.</param>
/// <param name="FirstFlexibleVersion">First version with compact lengths and tagged fields; 32767 when there is none.</param>
/// <param name="NewRequest">Makes a request body with its defaults.</param>
/// <param name="NewResponse">Makes a response body with its defaults.</param>
public sealed record ApiInfo(
    ApiKey Key,
    string Name,
    short MinVersion,
    short MaxVersion,
    short FirstFlexibleVersion,
    Func<IKafkaMessage> NewRequest,
    Func<IKafkaMessage> NewResponse)
{
    /// <summary>True when the codec reads and writes <paramref name="version"/>.</summary>
    public bool Knows(short version) => version >= MinVersion && version <= MaxVersion;

    /// <summary>True when <paramref name="version"/> has compact lengths and tagged fields; also asked for versions above the last.</summary>
    public bool IsFlexible(short version) => version >= FirstFlexibleVersion;

    /// <summary>The version of the header in front of a request: 2 with tagged fields, 1 without.</summary>
    public short RequestHeaderVersion(short version) => IsFlexible(version) ? (short)2 : (short)1;

    /// <summary>
    /// The version of the header in front of a response: 1 with tagged fields, 0 without. ApiVersions always has 0, since who asks cannot know
    /// yet which versions there are (KIP-511).
    /// </summary>
    public short ResponseHeaderVersion(short version) => Key != ApiKey.ApiVersions && IsFlexible(version) ? (short)1 : (short)0;
}

/// <summary>All APIs that the codec knows, by key.</summary>
public static class ApiTable
{
    private static readonly ApiInfo?[] ByKey = Index();

    /// <summary>All of them, keys ascending.</summary>
    public static ImmutableArray<ApiInfo> All { get; } = [.. GeneratedApis.All];

    /// <summary>The API of a number from the wire; null when the codec does not know it.</summary>
    public static ApiInfo? Find(short key) => key >= 0 && key < ByKey.Length ? ByKey[key] : null;

    /// <summary>The API of a known number.</summary>
    public static ApiInfo Get(ApiKey key) => ByKey[(short)key]!;

    private static ApiInfo?[] Index()
    {
        var byKey = new ApiInfo?[(short)GeneratedApis.All[^1].Key + 1];
        foreach (ApiInfo api in GeneratedApis.All)
        {
            byKey[(short)api.Key] = api;
        }

        return byKey;
    }
}
