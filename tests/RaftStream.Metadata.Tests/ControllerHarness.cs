using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>A controller over a log in memory that takes, commits and replays when a test says so.</summary>
internal sealed class ControllerHarness
{
    private readonly Queue<ControllerEvent> _inbox = [];
    private long _lastId;
    private int _epoch;

    public ControllerHarness(ControllerOptions? options = null)
    {
        // Tests move the clock as far as they like: that is not a delay to be forgiven.
        Options = options ?? new ControllerOptions { ClusterId = new Guid(1, 1, 1, new byte[8]), TolerableDelayMs = long.MaxValue };
        Controller = new Controller(Options);
    }

    public ControllerOptions Options { get; }

    public Controller Controller { get; private set; }

    public long NowMs { get; set; } = 1000;

    public List<(long BaseOffset, ImmutableArray<MetadataRecord> Records)> Log { get; } = [];

    public long LogEnd { get; private set; }

    /// <summary>Takes appends at once.</summary>
    public bool Accepts { get; set; } = true;

    /// <summary>Commits what is taken at once.</summary>
    public bool Commits { get; set; } = true;

    public Dictionary<long, ControllerEffect.Answer> Answers { get; } = [];

    public List<MetadataImage> Published { get; } = [];

    public List<long> Barriers { get; } = [];

    public List<ControllerEffect.Append> Appends { get; } = [];

    public static ControllerHarness Leading(ControllerOptions? options = null)
    {
        var harness = new ControllerHarness(options);
        harness.Gain();
        return harness;
    }

    public void Gain() => Step(new ControllerEvent.LeadershipGained(new LeaderEpoch(++_epoch)));

    public void Lose() => Step(new ControllerEvent.LeadershipLost());

    public void Commit() => Step(new ControllerEvent.Committed(LogEnd));

    /// <summary>The quorum writes a record of its own.</summary>
    public void WriteControlRecord() => WriteRecords(1);

    /// <summary>The log grows and the controller is not told.</summary>
    public void WriteRecords(int count) => LogEnd += count;

    /// <summary>Another controller over the same log, which it has replayed to the end.</summary>
    public void FailOver()
    {
        Controller = new Controller(Options);
        long at = 0;
        foreach ((long baseOffset, ImmutableArray<MetadataRecord> records) in Log)
        {
            if (at < baseOffset)
            {
                Step(new ControllerEvent.ControlReplayed(at, baseOffset));
            }

            Step(new ControllerEvent.Replayed(baseOffset, records));
            at = baseOffset + records.Length;
        }

        Gain();
    }

    public long Submit(ControllerOperation operation)
    {
        Step(new ControllerEvent.Submitted(++_lastId, operation));
        return _lastId;
    }

    public T Ask<T>(ControllerOperation operation)
    {
        ControllerEffect.Answer answer = Answers[Submit(operation)];
        Assert.Null(answer.Error);
        return Assert.IsType<T>(answer.Response);
    }

    public T Ask<T>(Func<MetadataImage, Decision<T>> decide) => Ask<T>(ControllerOperation.Of("test", decide));

    public RegistrationAnswer Register(int id, Guid? incarnation = null, Func<BrokerStart, BrokerStart>? with = null)
    {
        var start = new BrokerStart
        {
            Id = new NodeId(id),
            IncarnationId = incarnation ?? Guid.NewGuid(),
            LogDirectoryId = new Guid(id, 0, 0, new byte[8]),
            Endpoints = [],
            Features = FeatureControl.Supported,
            PreviousEpoch = BrokerEpoch.None,
        };
        return Ask<RegistrationAnswer>(RegistrationControl.Register(Options, Options.ClusterId, with is null ? start : with(start)));
    }

    public HeartbeatAnswer Beat(int id, long? appliedEnd = null, bool wantFence = false, bool wantShutdown = false) =>
        Ask<HeartbeatAnswer>(HeartbeatControl.Take(new Heartbeat(
            new NodeId(id), Broker(id).Epoch, appliedEnd ?? Controller.Committed.EndOffset, wantFence, wantShutdown)));

    /// <summary>Registers and unfences.</summary>
    public void Start(params int[] ids)
    {
        foreach (int id in ids)
        {
            Assert.Null(Register(id).Error);
            Assert.False(Beat(id).IsFenced);
        }
    }

    public TopicId Topic(string name, int partitions, params int[] replicas) => Ask(image => TopicControl.Create(
        image,
        new ControllerSettings { MaxRecordsPerOperation = 1_000_000 },
        [
            new NewTopic
            {
                Name = name,
                Assignments = Enumerable.Range(0, partitions).ToImmutableSortedDictionary(p => p, _ => Cluster.Nodes(replicas)),
            },
        ],
        validateOnly: false,
        new Prng(1))).Single().Topic.Id;

    public BrokerRegistration Broker(int id) => (Controller.Latest ?? Controller.Committed).Brokers.ById[new NodeId(id)];

    public PartitionState Partition(string topic, int partition = 0) => Controller.Committed.Topics.Find(topic)!.Partitions[partition];

    /// <summary>Moves the clock and says so once.</summary>
    public void Tick(long ms)
    {
        NowMs += ms;
        Step(new ControllerEvent.TimePassed());
    }

    public void Step(ControllerEvent happened)
    {
        _inbox.Enqueue(happened);
        while (_inbox.TryDequeue(out ControllerEvent? next))
        {
            var effects = new List<ControllerEffect>();
            Controller.Step(next, NowMs, effects);
            foreach (ControllerEffect effect in effects)
            {
                Carry(effect);
            }
        }
    }

    /// <summary>Takes what was not taken.</summary>
    public void Accept(ControllerEffect.Append append)
    {
        long baseOffset = LogEnd;
        Log.Add((baseOffset, append.Records));
        LogEnd += append.Records.Length;
        _inbox.Enqueue(new ControllerEvent.AppendAccepted(append.Id, baseOffset));
        if (Commits)
        {
            _inbox.Enqueue(new ControllerEvent.Committed(LogEnd));
        }
    }

    private void Carry(ControllerEffect effect)
    {
        switch (effect)
        {
            case ControllerEffect.Append append:
                Appends.Add(append);
                if (Accepts)
                {
                    Accept(append);
                }

                break;
            case ControllerEffect.Answer answer:
                Answers.Add(answer.Id, answer);
                break;
            case ControllerEffect.Published:
                Published.Add(Controller.Committed);
                break;
            case ControllerEffect.RequestBarrier barrier:
                Barriers.Add(barrier.Id);
                if (Commits)
                {
                    _inbox.Enqueue(new ControllerEvent.BarrierCompleted(barrier.Id, StillLeader: true));
                }

                break;
        }
    }
}
