using System.Collections.Immutable;
using System.Text;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>Makes this node's partitions what the metadata says: folders, roles, configs. One thread: the one that follows the metadata.</summary>
internal sealed class PartitionKeeper(
    PartitionServices services,
    LogDirectory directory,
    PartitionTable table,
    ReplicaFetchers fetchers,
    ImmutableSortedDictionary<string, string> topicDefaults,
    BrokerLimits limits)
{
    private BrokersImage _brokers = BrokersImage.Empty;

    /// <summary>Compares every folder with the metadata, once at the start: creates, adopts, sets aside .</summary>
    /// <param name="keep">A log that is not a partition's: the metadata log; null when that lies elsewhere.</param>
    public void Reconcile(MetadataImage image, PartitionLog? keep = null)
    {
        foreach (PartitionLog log in directory.Logs.ToList())
        {
            if (ReferenceEquals(log, keep) || IsMine(image, log))
            {
                continue;
            }

            BrokerLog.Stray(services.Logger, log.Topic, log.Partition, log.TopicId);
            directory.SetAside(log, services.WallMs);
        }

        foreach (TopicImage topic in image.Topics.InOrder())
        {
            Apply(image, topic, topic.Partitions);
        }

        directory.ForgetLost(); // The registration that reported it is committed, or there would be no metadata to follow.
        _brokers = image.Brokers;
    }

    /// <summary>Acts on an image that comes without its changes: a snapshot took the place of the log in between.</summary>
    public void Replace(MetadataImage image)
    {
        foreach (TopicEntry gone in table.Topics.Where(topic => image.Topics.Find(topic.Id) is null).ToList())
        {
            Remove(gone.Id, gone.Name);
        }

        foreach (TopicImage topic in image.Topics.InOrder())
        {
            Apply(image, topic, topic.Partitions);
            PartitionRules rules = Rules(image, topic.Name);
            foreach (PartitionCell cell in table.Find(topic.Id)?.Cells.OfType<PartitionCell>() ?? [])
            {
                cell.UpdateRules(rules);
            }
        }

        TellLeaders(image);
    }

    /// <summary>Acts on what has changed.</summary>
    public void Apply(MetadataDelta delta, MetadataImage image)
    {
        foreach (TopicImage removed in delta.Topics.RemovedTopics)
        {
            Remove(removed.Id, removed.Name);
        }

        foreach (IGrouping<TopicId, TopicPartition> changed in delta.Topics.ChangedPartitions.GroupBy(p => p.TopicId))
        {
            TopicImage topic = image.Topics.ById[changed.Key];
            if (table.Find(topic.Id) is null)
            {
                BrokerLog.TopicCreated(services.Logger, topic.Name, topic.Id);
            }

            Apply(image, topic, changed.Select(p => topic.Partitions[p.Partition]));
        }

        UpdateRules(delta, image);
        TellLeaders(image);
    }

    private bool IsMine(MetadataImage image, PartitionLog log) =>
        image.Topics.Find(log.TopicId) is { } topic
        && topic.Name == log.Topic
        && log.Partition < topic.Partitions.Count
        && topic.Partitions[log.Partition].Replicas.Contains(services.NodeId);

    private void Apply(MetadataImage image, TopicImage topic, IEnumerable<PartitionState> partitions)
    {
        TopicEntry entry = table.GetOrAdd(topic.Name, topic.Id);
        PartitionRules? rules = null;
        var added = new List<PartitionCell>();
        foreach (PartitionState state in partitions)
        {
            PartitionCell? cell = entry.Find(state.Partition);
            bool isMine = state.Replicas.Contains(services.NodeId);
            if (cell is null && isMine)
            {
                rules ??= Rules(image, topic.Name);
                cell = Open(topic, state.Partition, rules);
                added.Add(cell);
            }

            if (cell is not null && isMine)
            {
                TakeRole(cell, state, image.Brokers);
            }
            else if (cell is not null)
            {
                // the record is committed, so whoever is to have it has it.
                entry.Remove(cell);
                cell.Close(ErrorCode.NotLeaderOrFollower, log => directory.Delete(log, services.WallMs));
                BrokerLog.ReplicaRemoved(services.Logger, cell.Name);
            }
        }

        // Last, so that nobody finds a partition without its role.
        entry.Add(added);
    }

    private PartitionCell Open(TopicImage topic, int partition, PartitionRules rules)
    {
        PartitionLog log = directory.Find(topic.Name, partition)
            ?? directory.Create(topic.Name, partition, topic.Id, rules.Log);
        Invariant.Check(log.TopicId == topic.Id);
        return new PartitionCell(services, new TopicPartition(topic.Id, partition), log, rules);
    }

    private void TakeRole(PartitionCell cell, PartitionState state, BrokersImage brokers)
    {
        bool follows = state.Leader != NodeId.None && state.Leader != services.NodeId;
        cell.Assign(state, StatusOf(state, brokers), follows ? fetchers.For(state.Leader, cell.Id) : null);
    }

    private static ImmutableArray<ReplicaStatus> StatusOf(PartitionState state, BrokersImage brokers)
    {
        ImmutableArray<ReplicaStatus>.Builder status = ImmutableArray.CreateBuilder<ReplicaStatus>(state.Replicas.Length);
        foreach (NodeId id in state.Replicas)
        {
            if (brokers.Find(id) is { } broker)
            {
                status.Add(new ReplicaStatus(id, broker.Epoch, broker.IsActive));
            }
        }

        return status.DrainToImmutable();
    }

    /// <summary>Tells the leaders here what became of the brokers that follow them .</summary>
    /// <remarks>
    /// By the image, not by the role that the cell shows: a cell that is busy may still have to take the role that comes with
    /// these brokers, and would judge its followers by the state before for as long as nothing else happens to them.
    /// </remarks>
    private void TellLeaders(MetadataImage image)
    {
        if (ReferenceEquals(image.Brokers, _brokers))
        {
            return;
        }

        BrokersImage before = _brokers;
        _brokers = image.Brokers;
        foreach (PartitionCell cell in table.Cells)
        {
            PartitionState state = image.Topics.ById[cell.Id.TopicId].Partitions[cell.Id.Partition];
            if (state.Leader == services.NodeId && state.Replicas.Any(id => !Equals(before.Find(id), image.Brokers.Find(id))))
            {
                cell.BrokersChanged(StatusOf(state, image.Brokers));
            }
        }
    }

    private void Remove(TopicId id, string name)
    {
        if (!table.Remove(id, out TopicEntry? entry))
        {
            return;
        }

        foreach (PartitionCell cell in entry.Cells.OfType<PartitionCell>())
        {
            cell.Close(ErrorCode.UnknownTopicOrPartition, log => directory.Delete(log, services.WallMs));
        }

        BrokerLog.TopicDeleted(services.Logger, name, id);
    }

    private void UpdateRules(MetadataDelta delta, MetadataImage image)
    {
        IEnumerable<TopicEntry> touched = delta.Configs.ChangedOwners.Contains(ConfigOwner.Cluster)
            ? table.Topics
            : delta.Configs.ChangedOwners
                .Where(owner => owner.Scope == ConfigScope.Topic)
                .Select(owner => table.Find(Encoding.UTF8.GetBytes(owner.Name)))
                .OfType<TopicEntry>();
        foreach (TopicEntry topic in touched.ToList())
        {
            PartitionRules rules = Rules(image, topic.Name);
            foreach (PartitionCell cell in topic.Cells.OfType<PartitionCell>())
            {
                cell.UpdateRules(rules);
            }
        }
    }

    private PartitionRules Rules(MetadataImage image, string topic) =>
        new(TopicSettings.Of(image.Configs, topicDefaults, topic), limits.MaxDecompressedBytes);
}
