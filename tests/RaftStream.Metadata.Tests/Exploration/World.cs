using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests.Exploration;

/// <summary>
/// One partition over four brokers that fetch, crash, are fenced and reassigned in any order, over the real decisions of the
/// controller. After each step: the image is sane (S-R8, S-R11), every leader is active, and every member of ISR and ELR holds
/// all that was ever committed (S-R2).
/// </summary>
internal sealed class World
{
    private const string Topic = "t";
    private const int Brokers = 4;

    private readonly Prng _prng;
    private readonly Mutant _mutant;
    private readonly Flush _flush;
    private readonly bool _isAdministered;
    private readonly Cluster _cluster = new();
    private readonly Replica[] _replicas = [.. Enumerable.Range(1, Brokers).Select(id => new Replica(id))];
    private readonly List<(NodeId Sender, BrokerEpoch Epoch, IsrProposal Proposal)> _proposals = [];
    private readonly List<(NodeId To, BrokerEpoch Epoch, LeaderEpoch Reign, IsrOutcome Outcome)> _answers = [];
    private readonly List<(int Epoch, int Record)> _committed = [];
    private readonly List<string> _story = [];
    private int _lastRecord;

    public World(ulong seed, Mutant mutant)
    {
        _prng = new Prng(seed);
        _mutant = mutant;
        _flush = _prng.OneIn(2) ? Flush.Os : Flush.Commit;
        _isAdministered = _prng.OneIn(2);
        foreach (Replica replica in _replicas)
        {
            replica.Epoch = _cluster.Start(replica.Id.Value, disk: replica.Disk);
        }

        _cluster.ChecksPrefixes = true;
        _cluster.Create(new NewTopic
        {
            Name = Topic,
            Assignments = ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, Cluster.Nodes(1, 2, 3)),
            Configs = ConfigsImage.NoValues
                .Add("min.insync.replicas", _prng.OneIn(4) ? "1" : "2")
                .Add("flush", _flush == Flush.Os ? "os" : "commit"),
        });
        _cluster.Mutate = new Mutation(mutant, _cluster).Apply;
    }

    /// <summary>What happened, for whoever reads a failure.</summary>
    public string Story => string.Join('\n', _story.TakeLast(60));

    /// <summary>How often something that matters was reached; a sweep that never did would prove nothing.</summary>
    public Dictionary<string, int> Marks { get; } = [];

    private PartitionState State => _cluster.Partition(Topic);

    private TopicId TopicId => _cluster.Image.Topics.Find(Topic)!.Id;

    public void Step()
    {
        Replica replica = _replicas[_prng.Next(Brokers)];
        LeaderEpoch unclean = State.LastUncleanEpoch;
        switch (_prng.Next(200))
        {
            case < 25: Produce(SomeLeader()); break;
            case < 50: replica.Durable = replica.IsAlive ? replica.Log.Count : replica.Durable; break;
            case < 110: Fetch(replica, SomeLeader()); break;
            case < 130: Propose(SomeLeader()); break;
            case < 145: DeliverProposal(); break;
            case < 155: DeliverAnswer(); break;
            case < 180: Learn(replica); break;
            case < 182: Crash(replica); break;
            case < 183: Fence(replica); break;
            case < 187: Restart(replica); break;
            case < 194: Unfence(replica); break;
            case < 195 when _isAdministered: StopInGoodOrder(replica); break;
            case < 198 when _isAdministered: Reassign(); break;
            case >= 198 when _isAdministered: Administer(); break;
            default: Learn(replica); break;
        }

        if (State.LastUncleanEpoch != unclean)
        {
            AcceptLoss();
        }

        Check();
    }

    /// <summary>Mostly the one that leads; sometimes one that only believes so, or does not.</summary>
    private Replica SomeLeader() =>
        _replicas[State.Leader == NodeId.None || _prng.OneIn(5) ? _prng.Next(Brokers) : State.Leader.Value - 1];

    private void Produce(Replica leader)
    {
        if (leader.Leads)
        {
            leader.Log.Add((leader.Known!.LeaderEpoch.Value, ++_lastRecord));
            Advance(leader);
        }
    }

    private void Fetch(Replica follower, Replica leader)
    {
        if (!leader.Leads || !follower.IsAlive || follower == leader || follower.Known is not { } known
            || known.LeaderEpoch != leader.Known!.LeaderEpoch || known.Leader != leader.Id
            || !leader.Known.Replicas.Contains(follower.Id))
        {
            return; // R-6.1
        }

        int common = follower.CommonWith(leader.Log);
        if (common < follower.Log.Count)
        {
            follower.Cut(common); // R-7.5
            return;
        }

        if (leader.Remote.TryGetValue(follower.Id, out (BrokerEpoch Epoch, int End, int Durable) old) && old.Epoch.Value > follower.Epoch.Value)
        {
            return;
        }

        leader.Remote[follower.Id] = (follower.Epoch, follower.Log.Count, follower.Durable);
        Advance(leader);
        follower.Log.AddRange(leader.Log.Skip(common).Take(1 + _prng.Next(4)));
        follower.HighWatermark = Math.Max(follower.HighWatermark, Math.Min(leader.HighWatermark, follower.Log.Count));
    }

    /// <summary>R-5.1.</summary>
    private void Advance(Replica leader)
    {
        if (leader.Known!.Isr.Length < leader.Known.MinIsr)
        {
            return;
        }

        int end = Effective(leader.Log.Count, leader.Durable);
        foreach (NodeId id in leader.MaximalIsr.Where(id => id != leader.Id))
        {
            if (!leader.Remote.TryGetValue(id, out (BrokerEpoch Epoch, int End, int Durable) remote))
            {
                return;
            }

            end = Math.Min(end, Effective(remote.End, remote.Durable));
        }

        leader.HighWatermark = Math.Max(leader.HighWatermark, end);
        if (leader.Known.LeaderEpoch < State.LastUncleanEpoch)
        {
            return; // what a deposed leader still commits was given up with the election
        }

        if (leader.HighWatermark > _committed.Count)
        {
            Require(leader.CommonWith(_committed) == _committed.Count, $"leader {leader.Id} commits another history");
            _committed.AddRange(leader.Log.Skip(_committed.Count).Take(leader.HighWatermark - _committed.Count));
            Tell($"{leader.Id} commits up to {_committed.Count}");
            Mark("commit");
        }
    }

    private int Effective(int end, int durable) => _flush == Flush.Commit ? Math.Min(end, durable) : end;

    private void Propose(Replica leader)
    {
        if (!leader.Leads || leader.AwaitsAnswer)
        {
            return;
        }

        PartitionState known = leader.Known!;
        RecoveryState recovery = RecoveryState.Recovered;
        List<NodeId> isr = [.. known.Isr];
        if (!leader.MustFence && known.RecoveryState == RecoveryState.Recovered)
        {
            NodeId other = known.Replicas[_prng.Next(known.Replicas.Length)];
            bool isMember = isr.Contains(other);
            if (!isMember && leader.Remote.TryGetValue(other, out (BrokerEpoch Epoch, int End, int Durable) remote))
            {
                int end = Effective(remote.End, remote.Durable);
                if (_mutant == Mutant.JoinsBeforeItHasAll || (end >= leader.HighWatermark && end >= leader.ReignStart))
                {
                    isr.Add(other);
                }
            }
            else if (isMember && other != leader.Id && _prng.OneIn(2))
            {
                isr.Remove(other);
            }
        }

        if (isr.Count == known.Isr.Length && !leader.MustFence && known.RecoveryState == RecoveryState.Recovered)
        {
            return;
        }

        foreach (NodeId id in isr)
        {
            leader.MaximalIsr.Add(id);
        }

        leader.AwaitsAnswer = true;
        var members = isr.Select(id => new IsrMember(
            id,
            _mutant == Mutant.NoEpochInProposals || leader.MustFence || !leader.Remote.TryGetValue(id, out (BrokerEpoch Epoch, int End, int Durable) seen)
                ? BrokerEpoch.None
                : seen.Epoch));
        _proposals.Add((leader.Id, leader.Epoch, new IsrProposal(
            new TopicPartition(TopicId, 0), known.LeaderEpoch, known.PartitionEpoch, [.. members], recovery)));
        Tell($"{leader.Id} proposes {string.Join(",", isr)}");
    }

    private void DeliverProposal()
    {
        if (_proposals.Count == 0)
        {
            return;
        }

        int which = _prng.Next(_proposals.Count);
        (NodeId sender, BrokerEpoch epoch, IsrProposal proposal) = _proposals[which];
        if (_prng.OneIn(2))
        {
            _proposals.RemoveAt(which); // else a copy stays under way
        }

        IsrOutcome outcome = _cluster.Commit(IsrControl.Decide(_cluster.Image, sender, epoch, [proposal], _cluster.Settings)).Single();
        Tell($"proposal of {sender}: {outcome.Error}");
        Mark("proposal " + outcome.Error);
        _answers.Add((sender, epoch, proposal.LeaderEpoch, outcome));
    }

    private void DeliverAnswer()
    {
        if (_answers.Count == 0)
        {
            return;
        }

        int which = _prng.Next(_answers.Count);
        (NodeId to, BrokerEpoch epoch, LeaderEpoch reign, IsrOutcome outcome) = _answers[which];
        _answers.RemoveAt(which);
        Replica leader = _replicas[to.Value - 1];
        if (!leader.Leads || leader.Epoch != epoch || leader.Known!.LeaderEpoch != reign)
        {
            return; // R-8.5, P74
        }

        if (outcome.State is { } state)
        {
            if (state.PartitionEpoch.Value > leader.Known.PartitionEpoch.Value)
            {
                leader.Learn(state);
                Advance(leader);
            }
        }
        else if (outcome.Error is ErrorCode.IneligibleReplica or ErrorCode.InvalidRequest && leader.AwaitsAnswer)
        {
            leader.AwaitsAnswer = false;
            leader.MustFence = true;
            if (_mutant == Mutant.UnionDroppedAtRejection)
            {
                leader.MustFence = false;
                leader.DropUnion();
                Advance(leader);
            }
        }
    }

    private void Learn(Replica replica)
    {
        // R-3.1: only of images that hold its own registration.
        if (replica.IsAlive && _cluster.Image.Brokers.Find(replica.Id)?.Epoch == replica.Epoch)
        {
            replica.Learn(State);
            if (replica.Leads)
            {
                Advance(replica);
            }
        }
    }

    private void Crash(Replica replica)
    {
        if (!replica.IsAlive)
        {
            return;
        }

        // flush=os promises nothing when several lose their tails at once (R-1.2).
        bool mayLose = _flush == Flush.Commit || (State.Isr.Length >= 2 && State.MinIsr >= 2 && !_replicas.Any(r => r.IsLossy));
        if (mayLose)
        {
            replica.IsLossy = _flush == Flush.Os;
            replica.Cut(Math.Max(replica.Durable, _prng.OneIn(2) ? replica.Durable : _prng.Next(replica.Log.Count + 1)));
        }
        else
        {
            replica.Durable = replica.Log.Count; // the process is gone, the kernel is not
        }

        replica.IsAlive = false;
        replica.IsClean = !mayLose;
        Tell($"{replica.Id} crashes{(mayLose ? " and loses" : "")}");
    }

    private void StopInGoodOrder(Replica replica)
    {
        if (!replica.IsAlive || _cluster.Image.Brokers.Find(replica.Id) is not { } broker || broker.Epoch != replica.Epoch)
        {
            return;
        }

        Assert.Null(_cluster.Commit(BrokerControl.BeginShutdown(_cluster.Image, replica.Id, replica.Epoch, settings: _cluster.Settings)));
        if (_prng.OneIn(2))
        {
            replica.Durable = replica.Log.Count;
            (replica.IsAlive, replica.IsClean) = (false, true);
        }

        Tell($"{replica.Id} shuts down");
    }

    private void Fence(Replica replica)
    {
        _cluster.Fence(replica.Id.Value);
        Tell($"{replica.Id} is fenced");
    }

    private void Restart(Replica replica)
    {
        if (replica.IsAlive)
        {
            return;
        }

        bool isWiped = _prng.OneIn(6) && State.Isr.Length >= 2 && State.MinIsr >= 2 && State.Isr.Contains(replica.Id) && !_replicas.Any(r => r.IsLossy && r != replica);
        if (isWiped)
        {
            replica.Cut(0);
            replica.Disk = _prng.NextGuid();
            replica.IsClean = false;
        }

        BrokerEpoch stored = _cluster.Image.Brokers.ById[replica.Id].Epoch;
        bool passesForClean = replica.IsClean || _mutant == Mutant.UncleanPassesForClean;
        replica.Epoch = _cluster.Start(replica.Id.Value, passesForClean ? stored : null, unfence: false, disk: replica.Disk);
        replica.Forget();
        (replica.IsAlive, replica.IsClean, replica.IsLossy) = (true, false, false);
        Tell($"{replica.Id} registers{(passesForClean ? "" : " uncleanly")}{(isWiped ? ", wiped" : "")}");
        Mark(isWiped ? "wiped" : passesForClean ? "clean" : "unclean");
        if (_prng.OneIn(2))
        {
            Unfence(replica); // a broker that restarts quickly
        }
    }

    private void Unfence(Replica replica)
    {
        if (replica.IsAlive && _cluster.Image.Brokers.Find(replica.Id) is { Fenced: true } broker && broker.Epoch == replica.Epoch)
        {
            Assert.Null(_cluster.Commit(BrokerControl.Unfence(_cluster.Image, replica.Id, replica.Epoch, _cluster.Settings)));
            Tell($"{replica.Id} is unfenced");
        }
    }

    private void Reassign()
    {
        bool isCancel = _prng.OneIn(4);
        int[] target = [.. Enumerable.Range(1, Brokers).OrderBy(_ => _prng.NextUInt64()).Take(_prng.OneIn(4) ? 1 : 2 + _prng.Next(2))];
        if (_prng.OneIn(2))
        {
            // One replica goes, or comes back: the leader may see only that it is there (P57).
            List<int> now = [.. Cluster.Ids(State.Replicas.RemoveRange(State.Removing))];
            int one = 1 + _prng.Next(Brokers);
            target = [.. now.Contains(one) && now.Count > 1 ? now.Where(id => id != one) : now.Append(one).Distinct()];
        }

        bool wasMoving = !State.Adding.IsEmpty;
        OperationError? error = _cluster.Reassign(Topic, 0, isCancel ? null : target, allowFactorChange: true);
        Tell($"reassign {(isCancel ? "cancelled" : string.Join(",", target))}: {error?.Code}");
        if (isCancel && wasMoving)
        {
            Mark("cancel " + (error?.Code ?? ErrorCode.None));
        }
    }

    private void Administer()
    {
        switch (_prng.Next(6))
        {
            case 0 when State.Leader == NodeId.None:
                Tell($"unclean election: {_cluster.Elect(ElectionKind.Unclean, Topic)?.Code}");
                break;
            case 1:
                Assert.Null(_cluster.Alter(Topic, ("min.insync.replicas", (1 + _prng.Next(3)).ToString(System.Globalization.CultureInfo.InvariantCulture))));
                Tell($"minimum {State.MinIsr}");
                break;
            default:
                _cluster.Elect(ElectionKind.Preferred, Topic);
                break;
        }
    }

    /// <summary>An unclean election gives up what its winner does not hold (R-9.6).</summary>
    private void AcceptLoss()
    {
        Replica winner = _replicas[State.Leader.Value - 1];
        int kept = Effective(winner.CommonWith(_committed), winner.Durable);
        _committed.RemoveRange(kept, _committed.Count - kept);
        winner.HighWatermark = Math.Min(winner.HighWatermark, kept); // what it knew as committed and has not flushed is given up too
        Tell($"{State.Leader} leads uncleanly, {kept} records are kept");
        Mark("unclean election");
    }

    private void Check()
    {
        foreach (NodeId id in State.Isr.Concat(State.Elr))
        {
            Replica replica = _replicas[id.Value - 1];
            if (replica.IsLossy)
            {
                continue; // S-R2: until it has registered again
            }

            Require(replica.CommonWith(_committed) == _committed.Count, $"S-R2: {id} lacks committed records");
            Require(_flush == Flush.Os || replica.Durable >= _committed.Count, $"S-R2: {id} has not flushed committed records");
        }

        if (!State.Elr.IsEmpty)
        {
            Mark("elr");
        }
    }

    private void Tell(string what) => _story.Add($"{what}  [leader {State.Leader} epoch {State.LeaderEpoch} pe {State.PartitionEpoch.Value} isr {string.Join(",", State.Isr)} elr {string.Join(",", State.Elr)} of {string.Join(",", State.Replicas)} min {State.MinIsr}]");

    private void Mark(string what) => Marks[what] = Marks.GetValueOrDefault(what) + 1;

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }
}
