using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;
using RaftStream.Model;
using RaftStream.Rpc.Client;

namespace RaftStream.Integration.Histories;

/// <summary>Asks one broker about metadata, retries nothing, and writes down what it asked and was told.</summary>
internal sealed class MetadataClient(string process, BrokerProcess broker, MetadataHistory history) : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);
    private readonly RpcChannel _channel = RpcChannel.ForAddress(broker.Endpoint);

    private Admin.AdminClient Calls => new(_channel);

    public Task<bool?> CreateAsync(string topic) => ExistenceAsync(topic, ExistenceCall.Create, async options =>
        WasThere((await Calls.CreateTopicsAsync(New(topic, validateOnly: false), options)).Results[0].Error, ErrorCode.TopicAlreadyExists, isThereOnError: true));

    public Task<bool?> LookAsync(string topic) => ExistenceAsync(topic, ExistenceCall.Look, async options =>
        WasThere((await Calls.CreateTopicsAsync(New(topic, validateOnly: true), options)).Results[0].Error, ErrorCode.TopicAlreadyExists, isThereOnError: true));

    public Task<bool?> DeleteAsync(string topic) => ExistenceAsync(topic, ExistenceCall.Delete, async options =>
        WasThere(
            (await Calls.DeleteTopicsAsync(new DeleteTopicsRequest { Topics = { new TopicRef { Name = topic } } }, options)).Results[0].Error,
            ErrorCode.UnknownTopicOrPartition,
            isThereOnError: false));

    public async Task<bool?> GrowAsync(string topic, int to, bool isQuestion)
    {
        long called = Stopwatch.GetTimestamp();
        bool? wasBelow = await AskAsync(async options =>
        {
            var request = new CreatePartitionsRequest { Topics = { new NewPartitions { Topic = new TopicRef { Name = topic }, Count = to } }, ValidateOnly = isQuestion };
            Error? error = (await Calls.CreatePartitionsAsync(request, options)).Results[0].Error;
            return error is null ? true : error.Code == (int)ErrorCode.InvalidPartitions ? false : null;
        });
        history.Growth.GetOrAdd(topic, _ => []).Enqueue(new(process, new GrowthAction(to, isQuestion, wasBelow), called, ReturnOf(wasBelow)));
        return wasBelow;
    }

    /// <summary>True when it was answered that the config is set.</summary>
    public async Task<bool> AlterAsync(string topic, string key, string value) => await AskAsync(async options =>
    {
        var alteration = new ConfigAlteration
        {
            Resource = new ConfigResource { Type = ConfigResourceType.ResourceTopic, Name = topic },
            Changes = { new ConfigChange { Key = key, Value = value } },
        };
        return (await Calls.AlterConfigsAsync(new AlterConfigsRequest { Resources = { alteration } }, options)).Results[0].Error is null ? true : null;
    }) is true;

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    private async Task<bool?> ExistenceAsync(string topic, ExistenceCall kind, Func<CallOptions, Task<bool?>> ask)
    {
        long called = Stopwatch.GetTimestamp();
        bool? wasThere = await AskAsync(ask);
        history.Existence.GetOrAdd(topic, _ => []).Enqueue(new(process, new ExistenceAction(kind, wasThere), called, ReturnOf(wasThere)));
        return wasThere;
    }

    private async Task<bool?> AskAsync(Func<CallOptions, Task<bool?>> ask)
    {
        try
        {
            bool? answer = await ask(new CallOptions(deadline: DateTime.UtcNow + Longest));
            history.Count(isAnswered: answer is not null);
            return answer;
        }
        catch (RpcException)
        {
            history.Count(isAnswered: false); // It may have happened, or happen yet.
            return null;
        }
    }

    private static long? ReturnOf(bool? answer) => answer is null ? null : Stopwatch.GetTimestamp();

    private static bool? WasThere(Error? error, ErrorCode expected, bool isThereOnError) =>
        error is null ? !isThereOnError : error.Code == (int)expected ? isThereOnError : null;

    private static CreateTopicsRequest New(string topic, bool validateOnly) =>
        new() { Topics = { new NewTopic { Name = topic, Partitions = 1 } }, ValidateOnly = validateOnly };
}

/// <summary>What all clients asked and were told, by topic.</summary>
internal sealed class MetadataHistory
{
    private int _answered;
    private int _lost;

    public ConcurrentDictionary<string, ConcurrentQueue<Interval<ExistenceAction>>> Existence { get; } = [];

    public ConcurrentDictionary<string, ConcurrentQueue<Interval<GrowthAction>>> Growth { get; } = [];

    /// <summary>Calls with an answer that says something.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Calls whose outcome nobody knows.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public void Count(bool isAnswered) => _ = isAnswered ? Interlocked.Increment(ref _answered) : Interlocked.Increment(ref _lost);
}
