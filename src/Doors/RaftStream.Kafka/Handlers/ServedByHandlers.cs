using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Handlers;

/// <summary>The list of what is served. An API stands here when all of its versions are served in full, and only then.</summary>
internal static class ServedByHandlers
{
    /// <summary>Makes the list.</summary>
    public static ServedApis Create()
    {
        var apis = new ServedApis();
        return apis
            .Add(ApiKey.ApiVersions, new ApiVersionsHandler(apis))
            .Add(ApiKey.Metadata, new MetadataHandler());
    }
}
