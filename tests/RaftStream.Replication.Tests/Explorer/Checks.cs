using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Replication.Tests.Explorer;

/// <summary>The safety rules of partitions (S-R) with the view of one who sees everything.</summary>
internal sealed class Checks(World world)
{
    private readonly Dictionary<long, Record> _committed = [];
    private readonly HashSet<(long Offset, int Epoch)> _appended = [];
    private long _highest;
    private int _images;

    public void Appended(long offset, int epoch) =>
        Require(_appended.Add((offset, epoch)), $"S-R9: two records were written at offset {offset} in epoch {epoch}");

    /// <summary>S-R13: what is acknowledged is committed.</summary>
    public void Acknowledged(int request, long offset, FakeLog log)
    {
        CheckLeaders();
        Require(
            _committed.TryGetValue(offset, out Record record) ? record.Id == request : offset < log.Start,
            $"S-R13: request {request} was acknowledged, and its record is not committed at {offset}");
    }

    public void Check()
    {
        if (world.IsUnclean)
        {
            // With flush=os: everybody who was eligible stopped uncleanly. A flushed record survives that, and the ELR with it.
            Require(!world.Options.Commit, "S-R1: an unclean election with flush=commit, where a crash costs nothing");
            return;
        }

        CheckLeaders();
        PartitionState state = world.Controller.Partition;
        foreach (FakeBroker broker in world.Brokers)
        {
            CheckLog(broker);
            broker.HasLost &= !state.Isr.Contains(broker.Id);
        }

        CheckMembers(state);
        CheckMaximalIsr(state);
        for (; _images < world.Controller.Images.Count; _images++)
        {
            CheckElected(world.Controller.Images[_images]);
        }
    }

    /// <summary>L-6, L-9, S-R13: all are one, and all that was acknowledged is there.</summary>
    public void CheckHealed()
    {
        PartitionState state = world.Controller.Partition;
        Require(state.Leader != NodeId.None, "L-5: no leader");
        FakeBroker leader = world.Brokers[state.Leader.Value - 1];
        Require(leader.IsLeading, "L-5: the leader does not lead");
        Require(state.Isr.Length == state.Replicas.Length, $"L-6: the ISR stays at {string.Join(',', state.Isr)}");
        Require(leader.HighWatermark == leader.Log.End, $"L-9: the high watermark stays at {leader.HighWatermark} of {leader.Log.End}");
        Require(leader.Asked is null, "L-6: a proposal stays open");
        foreach (FakeBroker broker in world.Brokers)
        {
            Require(broker.Log.End == leader.Log.End, $"L-9: {broker.Id} stays at {broker.Log.End}");
            Require(broker.HighWatermark == leader.HighWatermark, $"L-9: {broker.Id} knows {broker.HighWatermark}");
        }
    }

    /// <summary>What any leader calls committed is so for ever (S-R3, S-R9).</summary>
    private void CheckLeaders()
    {
        foreach (FakeBroker broker in world.Brokers.Where(b => b.IsLeading))
        {
            for (long offset = Math.Max(broker.Log.Start, 0); offset < broker.HighWatermark; offset++)
            {
                Require(offset < broker.Log.End, $"S-R14: {broker.Id} has a high watermark above its log");
                Record record = broker.Log[offset];
                Require(
                    _committed.TryAdd(offset, record) || _committed[offset] == record,
                    $"S-R3: {broker.Id} calls {record} committed at {offset}, which is {_committed[offset]}");
            }

            _highest = Math.Max(_highest, broker.HighWatermark);
        }
    }

    /// <summary>S-R3, S-R14.</summary>
    private void CheckLog(FakeBroker broker)
    {
        if (!broker.IsUp)
        {
            return;
        }

        Require(broker.HighWatermark <= broker.Log.End, $"S-R14: {broker.Id} has a high watermark above its log");
        Require(broker.Log.Start <= broker.HighWatermark, $"S-R14: {broker.Id} has its log start above its high watermark");
        for (long offset = broker.Log.Start; offset < broker.HighWatermark; offset++)
        {
            if (_committed.TryGetValue(offset, out Record record))
            {
                Require(broker.Log[offset] == record, $"S-R3: {broker.Id} holds {broker.Log[offset]} at {offset}, and {record} is committed");
            }
        }
    }

    /// <summary>S-R2, S-R5: who is in the ISR or eligible holds everything that is committed.</summary>
    private void CheckMembers(PartitionState state)
    {
        foreach (NodeId id in state.Isr.Concat(state.Elr))
        {
            Require(!state.Isr.Contains(id) || world.Controller.Latest.Brokers.IsActive(id), $"S-R8: {id} is fenced and in the ISR");
            FakeBroker member = world.Brokers[id.Value - 1];
            if (!world.Options.Commit && !member.IsUp)
            {
                continue; // With flush=os it may have lost some, and has not registered again.
            }

            Require(HoldsAll(member, durably: true), $"S-R2: {id} is a member without all that is committed below {_highest}");
        }
    }

    /// <summary>S-R6, S-R5.</summary>
    private void CheckMaximalIsr(PartitionState state)
    {
        foreach (FakeBroker broker in world.Brokers.Where(b => b.IsLeading && b.LeaderEpoch == state.LeaderEpoch))
        {
            foreach (NodeId id in state.Isr)
            {
                Require(broker.Leader.MaximalIsr.Contains(id), $"S-R6: leader {broker.Id} does not wait for {id}");
            }
        }
    }

    /// <summary>S-R1.</summary>
    private void CheckElected(MetadataImage image)
    {
        if (image.Topics.Find("t") is null || FakeController.PartitionOf(image) is not { LastUncleanEpoch.Value: < 0 } state || state.Leader == NodeId.None)
        {
            return;
        }

        FakeBroker leader = world.Brokers[state.Leader.Value - 1];
        bool mayLack = !world.Options.Commit && !leader.IsUp;
        Require(mayLack || HoldsAll(leader, durably: false), $"S-R1: {leader.Id} leads epoch {state.LeaderEpoch} without all that is committed below {_highest}");
    }

    private bool HoldsAll(FakeBroker broker, bool durably)
    {
        long end = durably ? broker.Log.EffectiveEnd(world.Options.Commit) : broker.Log.End;
        if (end < _highest)
        {
            return false;
        }

        for (long offset = broker.Log.Start; offset < _highest; offset++)
        {
            if (_committed.TryGetValue(offset, out Record record) && broker.Log[offset] != record)
            {
                return false;
            }
        }

        return true;
    }

    private void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new BrokenRuleException(
                $"{rule}\n{world.Controller.Partition}\nmaximum {_highest}\n{string.Join('\n', world.Brokers.Select(b => b.ToString()))}");
        }
    }
}
