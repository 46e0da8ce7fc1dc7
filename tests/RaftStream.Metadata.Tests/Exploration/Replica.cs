using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests.Exploration;

/// <summary>A broker's replica of the one partition, in the abstract: what it holds, what it knows, and as a leader what it counts.</summary>
internal sealed class Replica(int id)
{
    public NodeId Id { get; } = new(id);

    /// <summary>Epoch and content of each record.</summary>
    public List<(int Epoch, int Record)> Log { get; } = [];

    /// <summary>Records that a crash leaves.</summary>
    public int Durable { get; set; }

    public int HighWatermark { get; set; }

    public bool IsAlive { get; set; } = true;

    /// <summary>It stopped in good order.</summary>
    public bool IsClean { get; set; }

    /// <summary>It crashed with flush=os and has not registered since (S-R2).</summary>
    public bool IsLossy { get; set; }

    /// <summary>Its registration; the controller may know a later one.</summary>
    public BrokerEpoch Epoch { get; set; }

    /// <summary>The disk's id.</summary>
    public Guid Disk { get; set; } = new(id, 0, 0, new byte[8]);

    /// <summary>The state that it acts on; null when it does not hold the partition.</summary>
    public PartitionState? Known { get; set; }

    public bool Leads => IsAlive && Known?.Leader == Id;

    /// <summary>As a leader: what followers said in this reign .</summary>
    public Dictionary<NodeId, (BrokerEpoch Epoch, int End, int Durable)> Remote { get; } = [];

    /// <summary>As a leader: the ISR and all that was proposed since .</summary>
    public HashSet<NodeId> MaximalIsr { get; private set; } = [];

    /// <summary>As a leader: where its reign began.</summary>
    public int ReignStart { get; private set; }

    public bool AwaitsAnswer { get; set; }

    /// <summary>After a rejection only a no-op may follow .</summary>
    public bool MustFence { get; set; }

    /// <summary>Takes the state of the metadata .</summary>
    public void Learn(PartitionState state)
    {
        if (!state.Replicas.Contains(Id))
        {
            Known = null;
            Cut(0);
            return;
        }

        if (Known is { } old && state.PartitionEpoch.Value <= old.PartitionEpoch.Value)
        {
            return;
        }

        if (Known is null || state.LeaderEpoch != Known.LeaderEpoch)
        {
            Remote.Clear();
            ReignStart = Log.Count;
        }
        else
        {
            foreach (NodeId added in state.Replicas.Except(Known.Replicas))
            {
                Remote.Remove(added);
            }
        }

        Known = state;
        MaximalIsr = [.. state.Isr];
        AwaitsAnswer = false;
        MustFence = false;
    }

    public void DropUnion() => MaximalIsr = [.. Known!.Isr];

    public void Cut(int count)
    {
        Log.RemoveRange(count, Log.Count - count);
        Durable = Math.Min(Durable, count);
        HighWatermark = Math.Min(HighWatermark, count);
    }

    public void Forget()
    {
        Known = null;
        Remote.Clear();
        AwaitsAnswer = MustFence = false;
    }

    /// <summary>Length of the common beginning with another log.</summary>
    public int CommonWith(IReadOnlyList<(int Epoch, int Record)> other)
    {
        int most = Math.Min(Log.Count, other.Count);
        for (int i = 0; i < most; i++)
        {
            if (Log[i] != other[i])
            {
                return i;
            }
        }

        return most;
    }
}
