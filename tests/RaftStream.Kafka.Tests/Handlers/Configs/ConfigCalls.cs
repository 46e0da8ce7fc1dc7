using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Configs;

/// <summary>Requests about configs in few words.</summary>
internal static class ConfigCalls
{
    public const sbyte TopicType = 2;
    public const sbyte BrokerType = 4;

    public const sbyte Set = 0;
    public const sbyte Delete = 1;
    public const sbyte Append = 2;
    public const sbyte Subtract = 3;

    /// <summary>Describes one resource.</summary>
    public static async Task<DescribeConfigsResponse.DescribeConfigsResult> DescribeAsync(
        this KafkaBroker broker, sbyte type, string name, int version = 4, bool withAll = true, params string[] keys)
    {
        var request = new DescribeConfigsRequest { IncludeSynonyms = withAll, IncludeDocumentation = withAll && version >= 3 };
        DescribeConfigsRequest.DescribeConfigsResource resource = request.Resources.Add();
        (resource.ResourceType, resource.ResourceName) = (type, name);
        if (keys.Length == 0)
        {
            resource.ConfigurationKeys.SetNull();
        }
        else
        {
            resource.ConfigurationKeys.AddRange(keys);
        }

        DescribeConfigsResponse response = await broker.CallAsync<DescribeConfigsResponse>(request, version);
        Assert.Equal(1, response.Results.Count);
        Assert.Equal((type, name), (response.Results[0].ResourceType, response.Results[0].ResourceName));
        return response.Results[0];
    }

    /// <summary>The entries by key.</summary>
    public static Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> ByKey(this DescribeConfigsResponse.DescribeConfigsResult result)
    {
        Assert.Equal((0, null), (result.ErrorCode, result.ErrorMessage));
        var entries = new Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult>();
        foreach (DescribeConfigsResponse.DescribeConfigsResourceResult entry in result.Configs)
        {
            entries.Add(entry.Name, entry);
        }

        return entries;
    }

    /// <summary>The values of a key, the strongest first, each by the name under which it was given.</summary>
    public static List<(string Name, string? Value, sbyte Source)> Layers(this DescribeConfigsResponse.DescribeConfigsResourceResult entry)
    {
        List<(string, string?, sbyte)> layers = [];
        foreach (DescribeConfigsResponse.DescribeConfigsSynonym synonym in entry.Synonyms)
        {
            layers.Add((synonym.Name, synonym.Value, synonym.Source));
        }

        return layers;
    }

    public static AlterConfigsRequest.AlterConfigsResource Add(
        this AlterConfigsRequest request, sbyte type, string name, params (string Key, string? Value)[] configs)
    {
        AlterConfigsRequest.AlterConfigsResource resource = request.Resources.Add();
        (resource.ResourceType, resource.ResourceName) = (type, name);
        foreach ((string key, string? value) in configs)
        {
            AlterConfigsRequest.AlterableConfig config = resource.Configs.Add();
            (config.Name, config.Value) = (key, value);
        }

        return resource;
    }

    public static void Add(
        this IncrementalAlterConfigsRequest request, sbyte type, string name, params (string Key, sbyte Operation, string? Value)[] configs)
    {
        IncrementalAlterConfigsRequest.AlterConfigsResource resource = request.Resources.Add();
        (resource.ResourceType, resource.ResourceName) = (type, name);
        foreach ((string key, sbyte operation, string? value) in configs)
        {
            IncrementalAlterConfigsRequest.AlterableConfig config = resource.Configs.Add();
            (config.Name, config.ConfigOperation, config.Value) = (key, operation, value);
        }
    }

    public static List<(string Name, ErrorCode Error)> Results(this AlterConfigsResponse response)
    {
        List<(string, ErrorCode)> results = [];
        foreach (AlterConfigsResponse.AlterConfigsResourceResponse row in response.Responses)
        {
            Assert.Equal(row.ErrorCode == 0, row.ErrorMessage is null);
            results.Add((row.ResourceName, (ErrorCode)row.ErrorCode));
        }

        return results;
    }

    public static List<(string Name, ErrorCode Error)> Results(this IncrementalAlterConfigsResponse response)
    {
        List<(string, ErrorCode)> results = [];
        foreach (IncrementalAlterConfigsResponse.AlterConfigsResourceResponse row in response.Responses)
        {
            Assert.Equal(row.ErrorCode == 0, row.ErrorMessage is null);
            results.Add((row.ResourceName, (ErrorCode)row.ErrorCode));
        }

        return results;
    }
}
