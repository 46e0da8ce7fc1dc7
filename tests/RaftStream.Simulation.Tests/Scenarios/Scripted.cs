using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>A world in which only happens what a test says; every invariant is checked all the while.</summary>
internal sealed class Scripted
{
    public Scripted(int voters, string? mutant = null, ulong seed = 1, int spares = 0, int brokers = 0, Func<WorldOptions, WorldOptions>? configure = null)
    {
        var options = new WorldOptions { Voters = voters, Spares = spares, Brokers = brokers, WithoutFaults = true };
        options = configure?.Invoke(options) ?? options;
        if (mutant is not null)
        {
            options = Mutant.Find(mutant)!.Apply(options);
        }

        World = new QuorumWorld(seed, options);
        foreach (SimulatedNode node in World.Nodes)
        {
            node.Start();
        }
    }

    public QuorumWorld World { get; }

    public SimulatedNode Leader => World.Leader ?? throw new InvalidOperationException("nobody leads");

    /// <summary>Of all nodes that are up.</summary>
    public LeaderEpoch LatestEpoch => World.Nodes.Where(node => node.IsUp).Max(node => node.View().Epoch);

    public void Run(long ms) => World.RunUntil(World.Agenda.NowMs + ms);

    public void Until(Func<bool> condition, long limitMs = 60_000) =>
        Assert.True(World.RunUntil(World.Agenda.NowMs + limitMs, condition), "It did not happen in time: " + string.Join("\n", World.Nodes));

    /// <summary>Waits for an active controller that everybody follows.</summary>
    public SimulatedNode Elect(SimulatedNode? other = null)
    {
        Until(() => World.Leader is { Replica: { } replica } leader && leader != other && replica.Controller.ActiveEpoch is not null);
        return Leader;
    }

    /// <summary>Messages reach only nodes of the own group; who is in none is alone.</summary>
    public void Groups(params SimulatedNode[][] groups)
    {
        World.Network.Join();
        foreach (SimulatedNode a in World.Nodes)
        {
            foreach (SimulatedNode b in World.Nodes.Where(b => !groups.Any(group => group.Contains(a) && group.Contains(b))))
            {
                World.Network.Cut(a.Id, b.Id);
            }
        }
    }

    /// <summary>These on one side, all others on the other.</summary>
    public void Isolate(params SimulatedNode[] cutOff) => Groups(cutOff, [.. World.Nodes.Except(cutOff)]);

    public void WriteAndWait(long value)
    {
        for (int i = 0; i < 50; i++)
        {
            Answer answer = Elect().Write(value);
            World.RunUntil(World.Agenda.NowMs + 3_000, () => answer.IsDone);
            if (answer is { IsDone: true, Error: null })
            {
                return;
            }
        }

        Assert.Fail("nobody took the value");
    }

    public RaftResponse Ask(SimulatedNode node, RaftRequest request, long limitMs = 10_000)
    {
        RaftResponse? response = null;
        node.Ask(request, answer => response = answer);
        Until(() => response is not null, limitMs);
        return response!;
    }
}

/// <summary>What an operation was answered, once it was.</summary>
internal sealed class Answer
{
    public bool IsDone { get; private set; }
    public object? Response { get; private set; }
    public OperationError? Error { get; private set; }

    public void Take(object? response, OperationError? error)
    {
        IsDone = true;
        Response = response;
        Error = error;
    }
}

/// <summary>What scenarios do with a node.</summary>
internal static class NodeSteps
{
    private static readonly ConfigOwner Owner = ConfigOwner.Topic("register");

    public static RaftView View(this SimulatedNode node) => node.Replica!.Node.View;

    /// <summary>Writes a value; the result is filled in when it is answered.</summary>
    public static Answer Write(this SimulatedNode node, long value)
    {
        var answer = new Answer();
        var record = new MetadataRecord
        {
            Config = new ConfigRecord { ResourceType = 1, ResourceName = Owner.Name, Key = "x", Value = value.ToString(CultureInfo.InvariantCulture) },
        };
        node.Submit(new ControllerOperation("write", _ => new OperationDecision([record], _ => value)), answer.Take);
        return answer;
    }

    public static Answer Read(this SimulatedNode node)
    {
        var answer = new Answer();
        node.Submit(new ControllerOperation("read", view => new OperationDecision([], _ => Value(view.Latest))), answer.Take);
        return answer;
    }

    /// <summary>Asks to take this replica out of the voters.</summary>
    public static RaftRequest.RemoveVoter Removal(this SimulatedNode node) =>
        new() { ClusterId = QuorumWorld.ClusterId, Key = node.Key, TimeoutMs = 4_000 };

    /// <summary>Asks to make this replica a voter.</summary>
    public static RaftRequest.AddVoter Addition(this SimulatedNode node) =>
        new() { ClusterId = QuorumWorld.ClusterId, Voter = new Voter(node.Key, node.Place), TimeoutMs = 4_000 };

    public static long Value(MetadataImage image) => long.Parse(image.Configs.Of(Owner).GetValueOrDefault("x", "0"), CultureInfo.InvariantCulture);
}
