using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>All invariants of partitions (S-R, S-S), and the truth that they share.</summary>
internal sealed class ClusterChecks
{
    private readonly ClusterWorld _world;
    private readonly ClusterInvariant[] _rules;
    private readonly Dictionary<TopicPartition, PartitionTruth> _partitions = [];
    private readonly List<(TopicPartition Partition, long Offset, ulong Content)> _unchecked = [];
    private readonly List<(TopicPartition Partition, long Offset, ulong Content)> _acknowledged = [];
    private readonly HashSet<(TopicPartition Partition, long Offset, ulong Content)> _confirmed = [];

    public ClusterChecks(ClusterWorld world)
    {
        _world = world;
        _rules =
        [
            new BoundsAreInOrder(),
            new OneContentPerEpoch(),
            new NothingCommittedIsCut(world),
            new EpochCacheIsRight(),
            new ReplicasAgree(),
            new HighWatermarkIsHeld(world),
            new MaximalIsrCoversIsr(),
            new MembersHoldEverything(world),
            new IsrIsSound(),
            new EpochsNeverFall(),
            new NewLeaderHoldsEverything(world),
            new RecoveryKeepsTheDurable(),
            new SequencesContinue(),
        ];
    }

    /// <summary>All partitions that ever were.</summary>
    public IReadOnlyDictionary<TopicPartition, PartitionTruth> Partitions => _partitions;

    /// <summary>What producers were told to be written for good.</summary>
    public IReadOnlyList<(TopicPartition Partition, long Offset, ulong Content)> AllAcknowledged => _acknowledged;

    /// <summary>A process has opened its logs.</summary>
    public void Started(BrokerProcess process)
    {
        int broker = process.Id.Value;
        var found = new HashSet<TopicPartition>();
        foreach (PartitionLog log in process.Directory.Logs)
        {
            var id = new TopicPartition(log.TopicId, log.Partition);
            if (!_partitions.TryGetValue(id, out PartitionTruth? truth))
            {
                continue;
            }

            found.Add(id);
            var after = new ReplicaShadow(broker);
            Load(after, log);
            if (truth.Replicas.TryGetValue(broker, out ReplicaShadow? before) && before.Log is not null)
            {
                Each(rule => rule.Recovered(process, truth, before, after));
                before.Match(truth);
                after.Follow(before);
            }

            after.IsLossy = before?.IsLossy ?? false;
            truth.Replicas[broker] = after;
            truth.IsDirty = true;
        }

        foreach (PartitionTruth truth in _partitions.Values.Where(truth => !found.Contains(truth.Id) && truth.Replicas.ContainsKey(broker)))
        {
            // The folder is gone; whether that may be is for S-R2.
            truth.Replicas[broker] = new ReplicaShadow(broker) { IsWiped = truth.Replicas[broker].IsWiped };
            truth.IsDirty = true;
        }

        JudgeMembers();
    }

    /// <summary>A process is gone.</summary>
    public void Died(BrokerProcess process) => OfBroker(process.Id.Value, (_, replica) => replica.IsDown = true);

    /// <summary>A machine lost what it had not flushed.</summary>
    public void LostPower(int broker) => OfBroker(broker, (_, replica) => replica.IsLossy = true);

    /// <summary>A machine has another disk, with nothing on it.</summary>
    public void Wiped(int broker) => OfBroker(broker, (_, replica) => replica.IsWiped = true);

    /// <summary>A broker is registered anew: the controller knows by now what it may have lost.</summary>
    public void Registered(BrokerProcess process) => OfBroker(process.Id.Value, (truth, replica) =>
    {
        (replica.IsLossy, replica.IsWiped) = (false, false);
        truth.IsDirty = true;
    });

    /// <summary>A process has dealt with an event, and lives.</summary>
    public void AfterEvent(BrokerProcess process)
    {
        foreach (PartitionCell cell in process.Table.Cells)
        {
            Look(process, cell);
        }

        ForgetDeleted(process);
        JudgeMembers();
        foreach ((TopicPartition partition, long offset, ulong content) in _unchecked)
        {
            AcknowledgedStays.Confirmed(_partitions[partition], offset, content, "at that moment");
        }

        _unchecked.Clear();
    }

    /// <summary>Records of the metadata log are committed.</summary>
    public void Committed(IEnumerable<MetadataRecord> records, PublishedChange change)
    {
        foreach (TopicImage removed in change.Delta.Topics.RemovedTopics)
        {
            foreach (PartitionTruth truth in _partitions.Values.Where(truth => truth.Id.TopicId == removed.Id))
            {
                truth.IsDeleted = true;
            }
        }

        foreach (TopicPartition id in change.Delta.Topics.ChangedPartitions.ToList())
        {
            TopicImage topic = change.Image.Topics.ById[id.TopicId];
            if (!_partitions.TryGetValue(id, out PartitionTruth? truth))
            {
                _partitions[id] = truth = new PartitionTruth(id, topic.Name);
            }

            PartitionState? before = truth.State;
            PartitionState after = topic.Partitions[id.Partition];
            truth.State = after;
            truth.IsDirty = true;
            if (before?.LeaderEpoch != after.LeaderEpoch)
            {
                truth.Reigns[after.LeaderEpoch.Value] =
                    (after.Leader, change.Image.Brokers.Find(after.Leader)?.Epoch ?? BrokerEpoch.None);
                _world.Note($"{truth.Name} e{after.LeaderEpoch} led by {after.Leader}, isr {string.Join(",", after.Isr)} elr {string.Join(",", after.Elr)}");
            }

            if (before is not null && after.LastUncleanEpoch != before.LastUncleanEpoch && after.LastUncleanEpoch == after.LeaderEpoch)
            {
                GiveUp(truth, before, after);
            }

            Each(rule => rule.Committed(truth, before, after, change.Image));
        }

        JudgeMembers();
    }

    /// <summary>A leader answers a producer with success (acks=all).</summary>
    public void Confirmed(TopicPartition partition, long offset, ulong content)
    {
        _unchecked.Add((partition, offset, content));
        if (!_confirmed.Add((partition, offset, content)))
        {
            _world.Marks.Reach("duplicate known again");
        }
    }

    /// <summary>A producer hears of success (acks=all).</summary>
    public void Acknowledged(TopicPartition partition, long offset, ulong content)
    {
        _acknowledged.Add((partition, offset, content));
        AcknowledgedStays.Confirmed(_partitions[partition], offset, content, "when its producer heard of it");
    }

    /// <summary>A consumer was given batches.</summary>
    public void Consumed(BrokerProcess process, PartitionCell cell, long from, ReadOnlySpan<byte> batches)
    {
        Look(process, cell);
        ReadsAreCommitted.Consumed(process, _partitions[cell.Id], from, batches);
    }

    /// <summary>A leader was asked where the log ends.</summary>
    public void EndAsked(PartitionCell cell, FoundOffset found) => ReadersAreNotMisled.EndAsked(cell, _partitions[cell.Id], found);

    /// <summary>A consumer is told that its offset is not in the log.</summary>
    public void OutOfRange(BrokerProcess process, PartitionCell cell, Offset offset) =>
        ReadersAreNotMisled.OutOfRange(process, cell, _partitions[cell.Id], offset);

    /// <summary>
    /// A replica that was moved away has deleted its folder (R-10.4): what it held is no promise to a folder of that name
    /// that is created later. Whether it could be spared is for S-R2.
    /// </summary>
    private void ForgetDeleted(BrokerProcess process)
    {
        foreach (PartitionTruth truth in _partitions.Values)
        {
            if (truth.Replicas.TryGetValue(process.Id.Value, out ReplicaShadow? replica)
                && replica.Log is not null
                && process.Table.Find(truth.Id.TopicId)?.Find(truth.Id.Partition) is null
                && process.Directory.Find(truth.Topic, truth.Id.Partition)?.TopicId != truth.Id.TopicId)
            {
                truth.Replicas.Remove(process.Id.Value);
                truth.IsDirty = true;
            }
        }
    }
    private void Look(BrokerProcess process, PartitionCell cell)
    {
        PartitionTruth truth = _partitions[cell.Id];
        ReplicaShadow replica = truth.ReplicaOf(process.Id.Value);
        PartitionLog log = cell.Log;
        if (!ReferenceEquals(replica.Log, log))
        {
            replica = truth.Replicas[process.Id.Value] = new ReplicaShadow(process.Id.Value) { Log = log };
        }

        long end = log.LogEndOffset.Value;
        long durable = log.DurableEnd.Value;
        long start = log.LogStartOffset.Value;
        long highWatermark = cell.HighWatermark.Value;
        PartitionRole role = cell.Role;
        if (end == replica.End && durable == replica.Durable && start == replica.Start && highWatermark == replica.HighWatermark
            && ReferenceEquals(role, replica.Role))
        {
            return;
        }

        replica.Role = role;
        if (end < replica.End)
        {
            Each(rule => rule.Truncated(process, cell, truth, replica, end));
            replica.CutTo(end);
            truth.IsDirty = true;
        }

        if (start > replica.End)
        {
            _world.Marks.Reach("log begun anew");
            replica.Begin(start);
        }

        if (end > replica.End)
        {
            long from = replica.End;
            replica.ReadOn(log);
            Each(rule => rule.Appended(process, cell, truth, replica, from));
        }

        replica.AdvanceStart(start);
        replica.Durable = durable;
        if (role.IsLeader)
        {
            truth.Extend(replica, role.LeaderEpoch.Value, highWatermark);
        }

        replica.HighWatermark = highWatermark;
        Each(rule => rule.Changed(process, cell, truth, replica));
    }

    /// <summary>An unclean election: what its winner lacks is lost, if that may be.</summary>
    private void GiveUp(PartitionTruth truth, PartitionState before, PartitionState after)
    {
        _world.Marks.Reach("unclean election");
        ReplicaShadow winner = truth.ReplicaOf(after.Leader.Value);
        long kept = truth.HeldBy(winner, _world.Options.FlushesOnCommit);
        if (kept < truth.Committed.Count)
        {
            LossIsExcused.Judge(_world, truth, before, after, kept);
            _world.Marks.Reach(after.RecoveryState == RecoveryState.Recovering ? "committed records lost" : "page cache of a last leader lost");
            _world.Note($"{truth.Name} loses what is committed from {kept} to {truth.Committed.Count}");
        }

        truth.GiveUp(after.LeaderEpoch.Value, kept, winner.Start);
    }

    private void OfBroker(int broker, Action<PartitionTruth, ReplicaShadow> action)
    {
        foreach (PartitionTruth truth in _partitions.Values)
        {
            if (truth.Replicas.TryGetValue(broker, out ReplicaShadow? replica))
            {
                action(truth, replica);
            }
        }
    }

    private void JudgeMembers()
    {
        foreach (PartitionTruth truth in _partitions.Values)
        {
            if (truth.IsDirty)
            {
                truth.IsDirty = false;
                Each(rule => rule.MembersChanged(truth));
            }
        }
    }

    private static void Load(ReplicaShadow replica, PartitionLog log)
    {
        replica.Log = log;
        replica.Begin(log.LogStartOffset.Value);
        replica.ReadOn(log);
        replica.Durable = log.DurableEnd.Value;
        replica.HighWatermark = log.HighWatermark.Value;
    }

    private void Each(Action<ClusterInvariant> tell)
    {
        foreach (ClusterInvariant rule in _rules)
        {
            tell(rule);
        }
    }
}
