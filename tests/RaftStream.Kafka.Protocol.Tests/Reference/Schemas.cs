using System.Reflection;
using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Tests.Reference;

/// <summary>The schema files that the codec was generated from.</summary>
internal static class Schemas
{
    public static IReadOnlyList<ApiSchema> All { get; } = Load();

    public static ApiSchema Of(ApiKey key) => All.Single(api => api.Key == (short)key);

    /// <summary>Every message in every version.</summary>
    public static IEnumerable<(ApiSchema Api, StructSchema Body, short Version)> Cases()
    {
        foreach (ApiSchema api in All)
        {
            for (int version = api.Versions.Low; version <= api.Versions.High; version++)
            {
                yield return (api, api.Request!, (short)version);
                yield return (api, api.Response!, (short)version);
            }
        }
    }

    public static IKafkaMessage New(ApiSchema api, StructSchema body)
    {
        ApiInfo info = ApiTable.Get((ApiKey)api.Key);
        return body == api.Request ? info.NewRequest() : info.NewResponse();
    }

    private static List<ApiSchema> Load()
    {
        var apis = new List<ApiSchema>();
        Assembly assembly = typeof(Schemas).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".schema", StringComparison.Ordinal)).Order())
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var errors = new List<SchemaError>();
            apis.Add(SchemaParser.Parse(reader.ReadToEnd(), errors));
            Assert.Empty(errors);
        }

        return apis;
    }
}
