using Grpc.Core;
using RaftStream.Chaos.Histories;
using RaftStream.Client.V1;
using RaftStream.Integration.Histories;
using RaftStream.Model;
using V1 = RaftStream.Client.V1;

namespace RaftStream.Chaos.Workload;

/// <summary>Makes, grows, deletes and asks for topics through one broker, and retries nothing: the registers of X-21.</summary>
/// <remarks>What only asks is asked of the controller too (a change to be validated only), so that its answer must be fresh (C-8.5).</remarks>
internal sealed class MetadataClient(int number, ThinChannels channels, string broker, ChaosOptions options, HistoryRecorder history)
{
    private const int SharedTopics = 2;
    private const int SharedNames = 6;
    private const int CallsPerName = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private readonly string _process = $"admin-{number}";

    private V1.Admin.AdminClient Calls => channels.AdminOf(broker);

    /// <summary>Works until it is enough.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        var random = new Prng(((ulong)number << 40) ^ options.Seed);
        for (int round = 0; !enough.IsCancellationRequested; round++)
        {
            // The search for an order needs histories that are not too long: from time to time the topics change.
            int generation = round / CallsPerName;
            string grown = $"{options.TopicPrefix}-grow-{generation}-{random.Next(SharedTopics)}";
            string topic = $"{options.TopicPrefix}-name-{generation}-{random.Next(SharedNames)}";
            switch (random.Next(5))
            {
                case 0: await ExistAsync(topic, ExistenceCall.Create); break;
                case 1: await ExistAsync(topic, ExistenceCall.Delete); break;
                case 2: await ExistAsync(topic, ExistenceCall.Look); break;
                default:
                    if (await IsThereAsync(grown))
                    {
                        await GrowAsync(grown, (int)random.Next(2, 24), isQuestion: random.Next(3) != 0);
                    }

                    break;
            }

            await Pace.WaitAsync(Pause, enough);
        }
    }

    private Task ExistAsync(string topic, ExistenceCall kind) => kind == ExistenceCall.Delete
        ? ExistAsync(topic, kind, ErrorCode.UnknownTopicOrPartition, isThereOnError: false, async deadline =>
            (await Calls.DeleteTopicsAsync(new DeleteTopicsRequest { Topics = { new TopicRef { Name = topic } } }, deadline: deadline)).Results[0].Error)
        : ExistAsync(topic, kind, ErrorCode.TopicAlreadyExists, isThereOnError: true, async deadline =>
            (await Calls.CreateTopicsAsync(New(topic, kind == ExistenceCall.Look), deadline: deadline)).Results[0].Error);

    private async Task ExistAsync(string topic, ExistenceCall kind, ErrorCode expected, bool isThereOnError, Func<DateTime, Task<Error?>> ask)
    {
        long invoked = history.Now;
        (bool isAnswered, Error? error, string? failure) = await AskAsync(ask);
        bool? wasThere = !isAnswered ? null : error is null ? !isThereOnError : error.Code == (int)expected ? isThereOnError : null;
        history.Add(new ExistenceOperation(topic, new ExistenceAction(kind, wasThere))
        {
            Process = _process,
            Invoked = invoked,
            Completed = history.Now,
            Outcome = wasThere is null ? Outcome.Info : Outcome.Ok,
            Error = failure ?? error?.Name,
        });
    }

    private async Task GrowAsync(string topic, int to, bool isQuestion)
    {
        long invoked = history.Now;
        var request = new CreatePartitionsRequest { Topics = { new NewPartitions { Topic = new TopicRef { Name = topic }, Count = to } }, ValidateOnly = isQuestion };
        (bool isAnswered, Error? error, string? failure) = await AskAsync(async deadline => (await Calls.CreatePartitionsAsync(request, deadline: deadline)).Results[0].Error);
        bool? wasBelow = !isAnswered ? null : error is null ? true : error.Code == (int)ErrorCode.InvalidPartitions ? false : null;
        history.Add(new GrowthOperation(topic, new GrowthAction(to, isQuestion, wasBelow))
        {
            Process = _process,
            Invoked = invoked,
            Completed = history.Now,
            Outcome = wasBelow is null ? Outcome.Info : Outcome.Ok,
            Error = failure ?? error?.Name,
        });
    }

    private async Task<bool> IsThereAsync(string topic)
    {
        (bool isAnswered, Error? error, _) = await AskAsync(async deadline => (await Calls.CreateTopicsAsync(New(topic, validateOnly: false), deadline: deadline)).Results[0].Error);
        return isAnswered && (error is null || error.Code == (int)ErrorCode.TopicAlreadyExists);
    }

    private static async Task<(bool IsAnswered, Error? Error, string? Failure)> AskAsync(Func<DateTime, Task<Error?>> ask)
    {
        try
        {
            return (true, await ask(DateTime.UtcNow + Patience), null);
        }
        catch (RpcException exception)
        {
            return (false, null, $"{exception.StatusCode}"); // It may have happened, or happen yet.
        }
    }

    private static CreateTopicsRequest New(string topic, bool validateOnly) =>
        new() { Topics = { new NewTopic { Name = topic, Partitions = 1, ReplicationFactor = 1 } }, ValidateOnly = validateOnly };
}
