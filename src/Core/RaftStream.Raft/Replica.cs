using RaftStream.Model;
using RaftStream.Raft.Following;
using RaftStream.Raft.Log;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft;

/// <summary>What all roles of one node share: its durable state, its view of the log, requests in the air, and the effects of the current step.</summary>
internal sealed class Replica
{
    private (NodeId Leader, LeaderEpoch Epoch, RaftEndpoint? Endpoint) _toldLeader = (NodeId.None, LeaderEpoch.Unknown, null);
    private VoterSet _toldVoters = VoterSet.Empty;

    public Replica(RaftStart start, Prng prng)
    {
        Start = start;
        Prng = prng;
        State = start.State;
        Log = new LogView(start.Log);
        Flusher = new LogFlusher(Log);
        Outbox = new Outbox(start.Options, start.Sabotage);
        Fetcher = new Fetcher(this);
        VoterUpdater = new VoterUpdater(this);
        Transitions = new Transitions(this);
        Role = new Unattached(this, long.MaxValue);
    }

    public RaftStart Start { get; }
    public RaftOptions Options => Start.Options;
    public ReplicaKey Local => Start.Local;
    public Prng Prng { get; }
    public LogView Log { get; }
    public LogFlusher Flusher { get; }
    public Outbox Outbox { get; }
    public Fetcher Fetcher { get; }
    public VoterUpdater VoterUpdater { get; }
    public Transitions Transitions { get; }

    /// <summary>Epoch, leader and vote; durable before anything that follows in the effects.</summary>
    public QuorumState State { get; private set; }

    /// <summary>What the node is now.</summary>
    public Role Role { get; private set; }

    /// <summary>Committed as far as known; kept from role to role, unknown after a start (C-5.5).</summary>
    public Offset? HighWatermark { get; private set; }

    /// <summary>Handed to the state machine up to here; never falls.</summary>
    public Offset Published { get; private set; }

    /// <summary>The state machine has applied everything below.</summary>
    public Offset Applied { get; set; }

    /// <summary>The process wants to end (C-8.7): no candidacy any more.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Monotonic, milliseconds.</summary>
    public long NowMs { get; private set; }

    /// <summary>Of the current step.</summary>
    public List<RaftEffect> Effects { get; private set; } = [];

    public VoterSet Voters => Log.Voters.Latest;
    public bool IsVoter => Voters.Contains(Local);
    public bool IsOnlyVoter => Voters.Voters.Length == 1 && IsVoter;

    /// <summary>
    /// A removal of this voter is in its log and not known to be committed (Raft thesis 4.2.2). It is needed until then: of two
    /// voters, the one that removed itself may hold the only long log, and nobody else could be elected.
    /// </summary>
    public bool IsLeaving =>
        !IsVoter && Log.Voters.LatestRecord is { } record && !(HighWatermark > record) && Log.Voters.At(record).Contains(Local);

    /// <summary>May this node stand for election; while it is leaving, without a vote of its own.</summary>
    public bool MayLead => (IsVoter || IsLeaving) && !IsStopping;

    public bool Broke(RaftSabotage rule) => (Start.Sabotage & rule) != 0;

    public void Begin(long nowMs, List<RaftEffect> effects)
    {
        NowMs = Math.Max(NowMs, nowMs);
        Effects = effects;
    }

    /// <summary>Uniform in [T, 2T) from now (C-5.4).</summary>
    public long DrawElectionDeadline() => NowMs + Options.ElectionTimeoutMs + Prng.Next(Options.ElectionTimeoutMs);

    /// <summary>Makes a state durable, unless it is already.</summary>
    public void Persist(QuorumState state)
    {
        if (state == State)
        {
            return;
        }

        Invariant.Check(state.Epoch >= State.Epoch); // S-C3
        Invariant.Check(state.Epoch > State.Epoch || State.LeaderId == NodeId.None || state.LeaderId == State.LeaderId); // C-5.3, S-C1
        State = state;
        if (!Broke(RaftSabotage.VoteNotPersisted))
        {
            Effects.Add(new RaftEffect.PersistQuorumState(state));
        }
    }

    /// <summary>Takes another role: its state is durable first, then the old role ends, then the new one begins.</summary>
    public void Become(QuorumState state, Role next, string reason)
    {
        Role old = Role;
        Outbox.Clear();
        Persist(state);
        Role = next;
        Effects.Add(new RaftEffect.Transition(old.Kind.ToString(), next.Kind.ToString(), state.Epoch, reason));
        old.Left();
        next.Entered();
    }

    public void Send(RequestKind kind, Peer peer, RaftRequest request) => Effects.Add(Outbox.Send(kind, peer, request, NowMs));

    public void Reply(long token, RaftResponse response) => Effects.Add(new RaftEffect.Reply(token, response));

    /// <summary>An answer without anything of its own; after the state changes of its request.</summary>
    public RaftResponse.Plain Plain(ErrorCode error = ErrorCode.None) => Signed(new RaftResponse.Plain
    {
        Error = error,
        LeaderEpoch = State.Epoch,
        LeaderId = NodeId.None,
    });

    /// <summary>Fills in epoch and leader as they are now.</summary>
    public T Signed<T>(T response)
        where T : RaftResponse => (T)(response with
        {
            LeaderEpoch = State.Epoch,
            LeaderId = Role.LeaderId,
            LeaderEndpoint = Role.LeaderEndpoint,
        });

    /// <summary>Appends, flushes if the node may ever vote, and takes over voters.</summary>
    public void Append(System.Collections.Immutable.ImmutableArray<LogBatch> batches)
    {
        if (batches.IsEmpty)
        {
            return;
        }

        Invariant.Check(batches[^1].Epoch <= State.Epoch); // C-3.1
        Log.Append(batches);
        Effects.Add(new RaftEffect.AppendLog(batches));
    }

    /// <summary>Starts a flush when one is needed and none runs; brokers leave that to their shell (C-12.3).</summary>
    public void FlushIfNeeded()
    {
        if (Start.CanBecomeVoter && Flusher.ShallStart)
        {
            Flusher.Started();
            Effects.Add(new RaftEffect.FlushLog());
        }
    }

    /// <summary>More is committed; hands it to the state machine (C-9.1).</summary>
    public void Advance(Offset highWatermark)
    {
        Invariant.Check(highWatermark <= Log.End);
        if (HighWatermark is null || highWatermark > HighWatermark)
        {
            HighWatermark = highWatermark;
        }

        if (highWatermark > Published)
        {
            Published = highWatermark;
            Effects.Add(new RaftEffect.Commit(highWatermark));
        }
    }

    /// <summary>The state machine begins at a snapshot; what is in it is committed.</summary>
    public void LoadSnapshot(SnapshotId id)
    {
        Published = id.EndOffset;
        Effects.Add(new RaftEffect.LoadSnapshot(id));
    }

    /// <summary>Takes the place of the log (C-10.4).</summary>
    public void ResetLog(SnapshotId id, VoterSet voters)
    {
        Outbox.Clear();
        Flusher.LogWasCut();
        Effects.Add(new RaftEffect.ResetLog(id));
        Log.Reset(id, voters);
        HighWatermark = id.EndOffset;
        LoadSnapshot(id);
    }

    /// <summary>Cuts what the leader does not have (C-4.7).</summary>
    public void TruncateLog(Offset target)
    {
        Invariant.Check(target >= Published && (HighWatermark is null || target >= HighWatermark)); // or committed data would be lost
        Outbox.Clear(); // P25
        Flusher.LogWasCut();
        if (!Broke(RaftSabotage.KeepVoters))
        {
            Log.Voters.TruncateTo(target);
        }

        if (target < Log.End)
        {
            Effects.Add(new RaftEffect.TruncateLog(target));
        }

        Log.TruncateTo(target);
    }

    /// <summary>Where a voter is reached.</summary>
    public static Peer PeerOf(Voter voter) => new(voter.Key.Id, voter.Endpoint);

    /// <summary>At the end of a step: tells of a new leader and of new voters.</summary>
    public void TellChanges()
    {
        var leader = (Role.LeaderId, State.Epoch, Role.LeaderEndpoint);
        if (leader != _toldLeader)
        {
            _toldLeader = leader;
            Effects.Add(new RaftEffect.LeaderChanged(leader.LeaderId, leader.Epoch, leader.LeaderEndpoint));
        }

        if (_toldVoters != Voters)
        {
            _toldVoters = Voters;
            Effects.Add(new RaftEffect.VotersChanged(Voters));
        }
    }
}
