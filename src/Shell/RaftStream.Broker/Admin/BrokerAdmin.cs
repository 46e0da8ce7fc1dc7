using System.Collections.Immutable;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Partitions;
using RaftStream.Metadata;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Broker.Admin;

/// <summary>Topics, configs and logs: what administrators ask for.</summary>
/// <remarks>
/// Changes are decided by the controller; they are committed, durable and applied on this node when the task completes.
/// A task fails with <see cref="ControllerUnavailableException"/> when the controller cannot take the request.
/// </remarks>
public sealed class BrokerAdmin
{
    private readonly ClusterController _controller;
    private readonly ControllerSettings _settings;
    private readonly PartitionTable _table;
    private readonly LogDirectory _directory;
    private readonly BrokerLimits _limits;

    internal BrokerAdmin(
        ClusterController controller, ControllerSettings settings, PartitionTable table, LogDirectory directory, BrokerOptions options)
    {
        _directory = directory;
        _controller = controller;
        _settings = settings;
        _table = table;
        _limits = options.Limits;
        Configs = new ChangeableConfigs(options, () => Image);
        Descriptions = new ConfigDescriptions(() => Image, settings.StaticTopicConfigs, Configs.Statics, options);
    }

    /// <summary>What of this broker's configuration can change while it runs.</summary>
    internal ChangeableConfigs Configs { get; }

    /// <summary>Configs with all values that they were given.</summary>
    public ConfigDescriptions Descriptions { get; }

    /// <summary>The committed metadata, applied here.</summary>
    public MetadataImage Image => _controller.Image;

    /// <summary>Completes when everything of the metadata log below <paramref name="end"/> is applied here.</summary>
    internal Task WaitAppliedAsync(long end, CancellationToken cancellationToken) => _controller.WaitAppliedAsync(end, cancellationToken);

    /// <summary>Creates topics, each by itself.</summary>
    /// <param name="validateOnly">Answers as if, and changes nothing.</param>
    /// <remarks>Their ids are chosen here: when an answer is lost the request is made again, and must find its own topics (C-14.4).</remarks>
    public Task<ImmutableArray<TopicOutcome>> CreateTopicsAsync(IReadOnlyList<NewTopic> topics, bool validateOnly)
    {
        List<NewTopic> named = [.. topics.Select(topic => topic.Id == TopicId.None ? topic with { Id = new TopicId(Guid.NewGuid()) } : topic)];
        return AskUnlessAsync(
            named,
            topic => LargestBatch.Error(_limits, topic.Configs!),
            static (topic, error) => new TopicOutcome(new TopicReference(topic.Name, TopicId.None), error),
            good => _controller.AskAsync<ImmutableArray<TopicOutcome>>(new ControllerRequest.CreateTopics(good, validateOnly)));
    }

    /// <summary>Deletes topics, each by itself; their files go after <c>file.delete.delay.ms</c>.</summary>
    /// <param name="request">Chosen by a client that may ask again, through another broker too (C-14.4); empty leaves it to this one.</param>
    public Task<ImmutableArray<TopicOutcome>> DeleteTopicsAsync(IReadOnlyList<TopicReference> topics, Guid request = default) =>
        _controller.AskAsync<ImmutableArray<TopicOutcome>>(new ControllerRequest.DeleteTopics(topics, request == Guid.Empty ? Guid.NewGuid() : request));

    /// <summary>Adds partitions to topics.</summary>
    /// <param name="validateOnly">Answers as if, and changes nothing.</param>
    public Task<ImmutableArray<TopicOutcome>> CreatePartitionsAsync(IReadOnlyList<NewPartitions> requests, bool validateOnly) =>
        _controller.AskAsync<ImmutableArray<TopicOutcome>>(new ControllerRequest.CreatePartitions(requests, validateOnly));

    /// <summary>Sets and resets configs of topics and of the cluster.</summary>
    /// <param name="validateOnly">Answers as if, and changes nothing.</param>
    public Task<ImmutableArray<ConfigOutcome>> AlterConfigsAsync(IReadOnlyList<ConfigAlteration> alterations, bool validateOnly) =>
        AskUnlessAsync(
            alterations,
            alteration => LargestBatch.Error(_limits, alteration.Changes.Select(change => KeyValuePair.Create(change.Key, change.Value))),
            static (alteration, error) => new ConfigOutcome(alteration.Owner, error),
            good => _controller.AskAsync<ImmutableArray<ConfigOutcome>>(new ControllerRequest.AlterConfigs(good, validateOnly)));

    /// <summary>Begins, replaces and cancels reassignments, each by itself; they end by themselves .</summary>
    /// <param name="allowFactorChange">Lets a target have another number of replicas than there are.</param>
    public Task<ImmutableArray<PartitionOutcome>> ReassignAsync(IReadOnlyList<Reassignment> reassignments, bool allowFactorChange) =>
        _controller.AskAsync<ImmutableArray<PartitionOutcome>>(new ControllerRequest.Reassign(reassignments, allowFactorChange));

    /// <summary>Elects leaders .</summary>
    /// <param name="partitions">Null is all; then those that need no election are not in the answer.</param>
    public Task<ImmutableArray<PartitionOutcome>> ElectLeadersAsync(ElectionKind kind, IReadOnlyList<PartitionReference>? partitions) =>
        _controller.AskAsync<ImmutableArray<PartitionOutcome>>(new ControllerRequest.Elect(kind, partitions));

    /// <summary>Every topic key with the value in force; null when there is no such topic.</summary>
    /// <param name="topic">Null is "for a topic that sets nothing".</param>
    public IReadOnlyList<EffectiveConfig>? DescribeConfigs(string? topic)
    {
        MetadataImage image = Image;
        return topic is not null && image.Topics.Find(topic) is null
            ? null
            : [.. TopicSettings.Effective(image.Configs, _settings.StaticTopicConfigs, topic)];
    }

    /// <summary>Every key of this broker that can be changed while it runs, with the value in force.</summary>
    public IReadOnlyList<EffectiveConfig> DescribeOwnConfigs() => Configs.Describe();

    /// <summary>Makes sure that a topic exists when <c>auto.create.topics.enable</c> is on; else does nothing.</summary>
    /// <returns>An error when it was to be created and could not; null otherwise.</returns>
    public async Task<OperationError?> EnsureTopicAsync(string name)
    {
        if (!Configs.Current.AutoCreateTopics || Image.Topics.Find(name) is not null)
        {
            return null;
        }

        ImmutableArray<TopicOutcome> outcomes =
            await CreateTopicsAsync([new NewTopic { Name = name }], validateOnly: false).ConfigureAwait(false);

        // Somebody else may have been faster.
        return outcomes[0].Error is { Code: not ErrorCode.TopicAlreadyExists } error ? error : null;
    }

    /// <summary>
    /// Forgets everything below an offset; done when all replicas that are up have done so. Begins with blocking on the disk:
    /// not for a thread that must not wait.
    /// </summary>
    /// <param name="before">First offset to keep; -1 is the high watermark.</param>
    /// <param name="timeoutMs">Longest wait for the other replicas.</param>
#pragma warning disable CA1822 // Part of the same service as its neighbours.
    public Task<DeletedRecords> DeleteRecordsAsync(BrokerPartition partition, long before, int timeoutMs)
    {
        var deleted = new TaskCompletionSource<DeletedRecords>(TaskCreationOptions.RunContinuationsAsynchronously);
        RecordDeletion.Run(partition.Cell, before, timeoutMs, result => deleted.SetResult(result));
        return deleted.Task;
    }
#pragma warning restore CA1822

    /// <summary>The logs of this node, in order of topic name and partition.</summary>
    /// <param name="topics">Topics to look at; null is all.</param>
    public IReadOnlyList<DescribedLog> DescribeLogs(IReadOnlySet<TopicId>? topics) =>
    [
        .. _table.Topics
            .Where(topic => topics is null || topics.Contains(topic.Id))
            .OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .SelectMany(topic => topic.Cells)
            .OfType<PartitionCell>()
            .Select(Describe),
    ];

    /// <summary>The disk below this node's logs. Asks the file system: not for a thread that must not wait.</summary>
    /// <exception cref="StorageException">It does not answer.</exception>
    public DescribedDisk DescribeDisk()
    {
        (long total, long free) = _directory.DiskSpace;
        return new DescribedDisk(total == long.MaxValue ? null : total, free == long.MaxValue ? null : free);
    }

    /// <summary>Has the controller decide on those that are not refused here already; one outcome for each, in their order.</summary>
    private static async Task<ImmutableArray<TOutcome>> AskUnlessAsync<TItem, TOutcome>(
        IReadOnlyList<TItem> items,
        Func<TItem, OperationError?> check,
        Func<TItem, OperationError, TOutcome> refuse,
        Func<IReadOnlyList<TItem>, Task<ImmutableArray<TOutcome>>> askAsync)
    {
        List<OperationError?> errors = [.. items.Select(check)];
        List<TItem> good = [.. items.Where((_, i) => errors[i] is null)];
        ImmutableArray<TOutcome> answers = good.Count == 0 && items.Count > 0 ? [] : await askAsync(good).ConfigureAwait(false);
        int next = 0;
        return [.. items.Select((item, i) => errors[i] is { } error ? refuse(item, error) : answers[next++])];
    }

    private static DescribedLog Describe(PartitionCell cell)
    {
        Offset durableEnd = cell.Log.DurableEnd;
        Offset highWatermark = cell.HighWatermark;
        return new DescribedLog
        {
            Topic = cell.Log.Topic,
            TopicId = cell.Id.TopicId,
            Partition = cell.Id.Partition,
            SizeInBytes = cell.Log.SizeInBytes,
            Segments = cell.Log.SegmentCount,
            LogStartOffset = cell.Log.LogStartOffset,
            LogEndOffset = cell.Log.LogEndOffset,
            HighWatermark = highWatermark,
            DurableEnd = durableEnd,
        };
    }
}
