using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>Messages between nodes (F-1): late, lost, twice, in any order; cuts in one or both directions.</summary>
public sealed class SimulatedNetwork(QuorumWorld world, Prng prng)
{
    private readonly HashSet<(int From, int To)> _cuts = [];
    private readonly Dictionary<long, (SimulatedNode Asker, int Incarnation, long CorrelationId)> _asked = [];
    private long _lastToken;

    /// <summary>Of a thousand messages, so many get lost.</summary>
    public int LostPerMille { get; set; }

    /// <summary>Of a thousand messages, so many come again later.</summary>
    public int TwicePerMille { get; set; }

    /// <summary>Of a thousand messages, so many take very long.</summary>
    public int LatePerMille { get; set; }

    /// <summary>A message from one node does not reach another any more.</summary>
    public void Cut(int from, int to) => _cuts.Add((from, to));

    /// <summary>All ways are open again, and nothing goes wrong.</summary>
    public void Heal()
    {
        _cuts.Clear();
        LostPerMille = TwicePerMille = LatePerMille = 0;
    }

    /// <summary>All ways are open again.</summary>
    public void Join() => _cuts.Clear();

    /// <summary>A request leaves.</summary>
    public void Send(SimulatedNode from, long correlationId, RaftEndpoint endpoint, RaftRequest request)
    {
        SimulatedNode? to = world.Nodes.FirstOrDefault(node => node.Endpoint == endpoint || node.Place == endpoint);
        int incarnation = from.Incarnation;
        if (to is null)
        {
            return;
        }

        Carry(from, to, () =>
        {
            if (!to.IsUp)
            {
                Refuse(from, incarnation, correlationId, to);
                return;
            }

            long token = ++_lastToken;
            _asked[token] = (from, incarnation, correlationId);
            to.Step(new RaftEvent.RequestArrived(token, request));
        });
    }

    /// <summary>An answer leaves; false when nobody on the network asked.</summary>
    public bool Reply(SimulatedNode from, long token, RaftResponse response, byte[] bytes)
    {
        if (!_asked.Remove(token, out var asked))
        {
            return false;
        }

        Carry(from, asked.Asker, () =>
        {
            if (asked.Asker.IsUp && asked.Asker.Incarnation == asked.Incarnation)
            {
                RaftResponse received = response is RaftResponse.Fetch fetch
                    ? fetch with { Batches = QuorumStore.Parse(Damaged(bytes)), ReadFrom = null }
                    : response;
                asked.Asker.Step(new RaftEvent.ResponseArrived(asked.CorrelationId, received));
            }
        });
        return true;
    }

    /// <summary>A process died: who was connected to it notices, or does not (F-1: hints are true or missing).</summary>
    public void ConnectionsOf(SimulatedNode dead)
    {
        foreach (SimulatedNode other in world.Nodes.Where(node => node != dead))
        {
            if (!prng.OneIn(4) && !_cuts.Contains((dead.Id, other.Id)))
            {
                world.Agenda.In(1 + prng.Next(20), () => other.Step(new RaftEvent.ConnectionLost(new NodeId(dead.Id))));
            }
        }
    }

    private void Refuse(SimulatedNode from, int incarnation, long correlationId, SimulatedNode to)
    {
        if (!prng.OneIn(5) && !_cuts.Contains((to.Id, from.Id)))
        {
            world.Agenda.In(1 + prng.Next(5), () =>
            {
                if (from.IsUp && from.Incarnation == incarnation)
                {
                    from.Step(new RaftEvent.RequestFailed(correlationId));
                }
            });
        }
    }

    private void Carry(SimulatedNode from, SimulatedNode to, Action arrive)
    {
        if (_cuts.Contains((from.Id, to.Id)) || prng.Next(1000) < LostPerMille)
        {
            world.Marks.Reach("message lost");
            return;
        }

        world.Agenda.In(Latency(), arrive);
        if (prng.Next(1000) < TwicePerMille)
        {
            world.Marks.Reach("message twice");
            world.Agenda.In(Latency() + prng.Next(prng.OneIn(4) ? 20_000 : 200), arrive);
        }
    }

    private long Latency() => prng.Next(1000) < LatePerMille ? 50 + prng.Next(prng.OneIn(5) ? 5_000 : 500) : 1 + prng.Next(5);

    /// <summary>A flipped bit on the way (F-5): what is not whole never reaches the node.</summary>
    private byte[] Damaged(byte[] bytes)
    {
        if (bytes.Length == 0 || LostPerMille == 0 || !prng.OneIn(200))
        {
            return bytes;
        }

        byte[] copy = [.. bytes];

        // Behind the header's first 21 bytes everything is under the checksum.
        int at = copy.Length > 21 ? 21 + prng.Next(copy.Length - 21) : 0;
        copy[at] ^= (byte)(1 << prng.Next(8));
        return copy;
    }
}
