using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Replication.Tests.Explorer;

/// <summary>How a life of the partition goes.</summary>
internal sealed record WorldOptions
{
    public const int Replicas = 3;

    public bool Commit { get; init; } = true;

    public int MinIsr { get; init; } = 2;

    public int Steps { get; init; } = 300;

    public ReplicationSabotage Replication { get; init; }

    public MetadataSabotage Metadata { get; init; }

    /// <summary>Mutant: a follower keeps the mark of its own reign without a record (S-R12).</summary>
    public bool KeepsEmptyReigns { get; init; }

    /// <summary>Mutant: a broker acts on images from before its registration .</summary>
    public bool ActsEarly { get; init; }

    /// <summary>Both flush modes and all minima come about.</summary>
    public static WorldOptions Of(ulong seed) => new() { Commit = seed % 3 != 2, MinIsr = 1 + (int)(seed / 3 % 3) };
}

/// <summary>A rule was seen broken.</summary>
internal sealed class BrokenRuleException(string message) : Exception(message);

/// <summary>Three brokers, a controller and a bad network. One seed decides everything.</summary>
internal sealed class World
{
    private readonly List<Message> _network = [];
    private readonly Checks _checks;
    private readonly int[] _weights;
    private readonly int _copies;
    private readonly int _losses;
    private string[] _told = new string[WorldOptions.Replicas + 1];
    private int _lastRecord;

    public World(ulong seed, WorldOptions options)
    {
        (Prng, Options) = (new Prng(seed), options);
        Times = new ReplicationTimes { Sabotage = options.Replication };
        Controller = new FakeController(
            new ControllerSettings { Sabotage = options.Metadata }, Prng.Fork(), WorldOptions.Replicas, options.Commit, options.MinIsr);
        Brokers = [.. Enumerable.Range(0, WorldOptions.Replicas).Select(i => new FakeBroker(i, this))];
        _checks = new Checks(this);
        // Each life has its own habits: rare things have to happen often in some.
        int[] weights = [40, 14, 12, 8, 7, 5, 4, 5, 7];
        _weights = [.. weights.Select((weight, i) => i < 2 ? 8 * weight : (1 << Prng.Next(6)) * weight)];
        (_copies, _losses) = (2 + Prng.Next(10), 6 + Prng.Next(20));
        foreach (FakeBroker broker in Brokers)
        {
            broker.Start(Controller.Latest.Brokers.ById[broker.Id].Epoch, broker.Index + 1);
        }
    }

    public Prng Prng { get; }

    public WorldOptions Options { get; }

    public ReplicationTimes Times { get; }

    public FakeController Controller { get; }

    public FakeBroker[] Brokers { get; }

    public long NowMs { get; private set; }

    /// <summary>Where each request's record was appended.</summary>
    public Dictionary<int, long> Requests { get; } = [];

    /// <summary>Requests that wait for the whole ISR: only their answers are promises.</summary>
    public HashSet<int> WantsAll { get; } = [];

    /// <summary>What happened, for people; null is not wanted.</summary>
    public List<string>? Story { get; init; }

    /// <summary>Which rare things came about.</summary>
    public HashSet<string> Marks { get; } = [];

    /// <summary>True after an election that may lose records: nothing is promised then.</summary>
    public bool IsUnclean => Controller.Partition.LastUncleanEpoch.Value >= 0;

    public void Run()
    {
        for (int step = 0; step < Options.Steps && !IsUnclean; step++)
        {
            Step();
            Tell();
            _checks.Check();
        }

        if (!IsUnclean)
        {
            Heal();
        }
    }

    /// <summary>Looks for broken rules now.</summary>
    public void Look() => _checks.Check();

    public void Send(Message message) => _network.Add(message);

    /// <summary>Adds to the story what has changed.</summary>
    private void Tell()
    {
        if (Story is null)
        {
            return;
        }

        PartitionState state = Controller.Partition;
        string[] now =
        [
            $"  leader {state.Leader} epoch {state.LeaderEpoch}.{state.PartitionEpoch.Value} isr {string.Join(',', state.Isr)} elr {string.Join(',', state.Elr)} min {state.MinIsr} images {Controller.Images.Count}",
            .. Brokers.Select(broker => $"  {broker}"),
        ];
        Story.AddRange(now.Where((line, i) => line != _told[i]));
        _told = now;
    }

    /// <summary>The content of the next record; one content per offset and epoch (S-R9).</summary>
    public int NewRecord(long offset, int epoch)
    {
        _checks.Appended(offset, epoch);
        return ++_lastRecord;
    }

    public void Answered(int request, ErrorCode error, FakeLog log)
    {
        if (error == ErrorCode.None && WantsAll.Contains(request))
        {
            _checks.Acknowledged(request, Requests[request], log);
        }
    }

    private FakeBroker Any => Brokers[Prng.Next(Brokers.Length)];

    private void Step()
    {
        int choice = Prng.Next(_weights.Sum());
        int action = 0;
        while (choice >= _weights[action])
        {
            choice -= _weights[action++];
        }

        Do(action, Any);
    }

    private void Do(int action, FakeBroker broker)
    {
        switch (action)
        {
            case 0:
                Deliver(Prng.OneIn(2) ? 0 : Prng.Next(Math.Max(1, _network.Count)));
                break;
            case 1:
                ApplyAt(broker);
                break;
            case 2:
                // Often at one that believes that it leads.
                broker = Brokers.FirstOrDefault(b => b.IsLeading) is { } leader && Prng.OneIn(2) ? leader : broker;
                If(broker.IsUp, () => broker.Produce(Prng.OneIn(4) ? RequiredAcks.Leader : RequiredAcks.All));
                break;
            case 3:
                If(broker.IsUp, broker.Flush);
                break;
            case 4:
                If(broker is { IsUp: true, WantsRetry: true }, broker.Retry);
                break;
            case 5:
                TimePasses();
                break;
            case 6:
                LifeOf(broker);
                break;
            case 7:
                ChangeOf(broker);
                break;
            default:
                Rarely(broker);
                break;
        }
    }

    private void TimePasses()
    {
        NowMs += Prng.OneIn(6) ? Prng.Next(40_000) : Prng.Next(60);
        foreach (FakeBroker broker in Brokers)
        {
            If(broker.IsUp && broker.Leader.NextDeadlineMs <= NowMs, broker.TimePassed);
        }
    }

    /// <summary>Processes die and come back.</summary>
    private void LifeOf(FakeBroker broker)
    {
        if (!broker.IsUp)
        {
            (BrokerEpoch epoch, int image) = Controller.Register(broker.Id, broker.StoppedCleanly ? broker.Epoch : BrokerEpoch.None);
            broker.Start(epoch, image);
        }
        else if (!MayStop(broker))
        {
            return;
        }
        else if (Prng.OneIn(2))
        {
            bool isLossy = Prng.OneIn(2) && MayLose(broker);
            broker.HasLost |= isLossy && !Options.Commit;
            broker.Stop(isLossy, isClean: false);
        }
        else if (Prng.OneIn(2))
        {
            broker.Log.Flush();
            broker.Stop(isLossy: false, isClean: true);
        }
    }

    /// <summary>With flush=os fewer than the minimum may lose unflushed records between two returns to the ISR (S-R1).</summary>
    private bool MayLose(FakeBroker broker) =>
        Options.Commit || (Options.MinIsr > 1 && Brokers.All(b => b == broker || !b.HasLost));

    /// <summary>With flush=os a broker that stops uncleanly is no longer eligible: when all do, somebody is elected uncleanly.</summary>
    private bool MayStop(FakeBroker broker) => Options.Commit
        || Brokers.All(other => other == broker || (other.IsUp && (Controller.Partition.Isr.Contains(other.Id) || Controller.Partition.Elr.Contains(other.Id))))
        || Prng.OneIn(40);

    /// <summary>The controller's view of brokers changes, rightly or not.</summary>
    private void ChangeOf(FakeBroker broker)
    {
        BrokerRegistration registration = Controller.Latest.Brokers.ById[broker.Id];
        if (registration.Fenced && broker.IsUp && broker.Applied > broker.RegisteredAt)
        {
            Controller.Unfence(broker.Id);
        }
        else if (!registration.Fenced && (!broker.IsUp || Prng.OneIn(3)))
        {
            Controller.Fence(broker.Id);
        }
        else if (!registration.Fenced && Prng.OneIn(6))
        {
            Controller.BeginShutdown(broker.Id);
        }
    }

    private void Rarely(FakeBroker broker)
    {
        switch (Prng.Next(7))
        {
            case 0:
            case 1:
                If(broker.IsUp, broker.ConnectionLost);
                break;
            case 2:
                // One lossy crash may lose what was acknowledged with a minimum of one and flush=os: not in this life.
                int least = Options.Commit || Options.MinIsr == 1 ? 1 : 2;
                Controller.SetMinIsr((int)Prng.Next(least, WorldOptions.Replicas + 1));
                break;
            case 3:
                Controller.ElectPreferred();
                break;
            case 4:
                If(broker is { IsUp: true, Asked: not null }, broker.ProposalUnanswered);
                break;
            case 5:
                If(broker.IsLeading && Prng.OneIn(2), () => broker.MoveStart(broker.HighWatermark));
                break;
            default:
                If(broker.IsUp, () => broker.Log.Checkpoint = Math.Min(broker.HighWatermark, broker.Log.DurableEnd));
                break;
        }
    }

    private static void If(bool condition, Action action)
    {
        if (condition)
        {
            action();
        }
    }

    private void ApplyAt(FakeBroker broker)
    {
        if (broker.IsUp && broker.Applied < Controller.Images.Count)
        {
            broker.ApplyNext();
        }
    }

    private void Deliver(int index)
    {
        if (_network.Count == 0)
        {
            return;
        }

        Message message = _network[index];
        _network.RemoveAt(index);
        if (Prng.OneIn(_losses) && message is not OutcomeMessage)
        {
            return;
        }

        // A copy comes later: more often of what does harm when it is late.
        bool isTelling = message is ProposalMessage or AnswerMessage { Answer.Diverging: not null };
        if (Prng.OneIn(isTelling ? 2 : _copies))
        {
            _network.Add(message);
        }

        Story?.Add(message.ToString());
        Take(message);
    }

    private void Take(Message message)
    {
        if (message is ProposalMessage proposal)
        {
            IsrOutcome outcome = Controller.Alter(Brokers[proposal.From].Id, proposal.BrokerEpoch, proposal.Change);
            Marks.Add(outcome.Error.ToString());
            Send(new OutcomeMessage(proposal.From, proposal.Incarnation, proposal.Change, outcome.Error, outcome.State));
        }
        else if (Brokers[message.To].IsUp)
        {
            Brokers[message.To].Take(message);
        }
    }

    /// <summary>Faults stop: all replicas become one again, and everything ends (L-6, L-9).</summary>
    private void Heal()
    {
        foreach (FakeBroker broker in Brokers)
        {
            If(!broker.IsUp, () => LifeOf(broker));
            Look();
            If(Controller.Latest.Brokers.ById[broker.Id].ShuttingDown, () =>
            {
                broker.Stop(isLossy: false, isClean: false);
                LifeOf(broker);
            });
            Look();
        }

        for (int round = 0; round < 200 && !IsUnclean; round++)
        {
            NowMs += 500;
            foreach (FakeBroker broker in Brokers)
            {
                while (broker.Applied < Controller.Images.Count)
                {
                    broker.ApplyNext();
                }

                Controller.Unfence(broker.Id);
                Look();
                broker.Flush();
                If(broker.WantsRetry, broker.Retry);

                // In the end no fetch stays lost: its stream would have broken.
                If(round == 5, () =>
                {
                    broker.ConnectionLost();
                    broker.Retry();
                });
                If(round == 5 && broker.Asked is not null, broker.ProposalUnanswered);
                If(broker.Leader.NextDeadlineMs <= NowMs, broker.TimePassed);
            }

            Message[] all = [.. _network];
            _network.Clear();
            foreach (Message message in all)
            {
                Take(message);
                _checks.Check();
            }
        }

        if (!IsUnclean)
        {
            _checks.CheckHealed();
        }
    }
}
