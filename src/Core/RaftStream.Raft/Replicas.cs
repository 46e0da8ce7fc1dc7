using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft;

/// <summary>One replica of the metadata log: a node and the folder it was formatted with (C-2.1). A wiped disk is another replica.</summary>
/// <param name="Id">Number of the node, 0 or above.</param>
/// <param name="DirectoryId">Random, from the folder's meta.properties.</param>
public readonly record struct ReplicaKey(NodeId Id, Guid DirectoryId)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id}:{DirectoryId:N}"[..Math.Min(12, $"{Id}:{DirectoryId:N}".Length)];
}

/// <summary>Where a node answers the quorum's calls.</summary>
/// <param name="Host">Name or address; IPv6 without brackets.</param>
/// <param name="Port">TCP port.</param>
public readonly record struct RaftEndpoint(string Host, int Port)
{
    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>One voter, as a Voters record names it (C-4.2).</summary>
public sealed record Voter(ReplicaKey Key, RaftEndpoint Endpoint);

/// <summary>The voters in force: never empty in a formatted cluster, in order of node ids, each id once. Immutable.</summary>
public sealed record VoterSet
{
    /// <summary>No voters known: an observer that has read nothing yet.</summary>
    public static readonly VoterSet Empty = new([]);

    /// <param name="voters">In any order; two voters with the same id break an invariant (P15).</param>
    public VoterSet(IEnumerable<Voter> voters)
    {
        Voters = [.. voters.OrderBy(voter => voter.Key.Id)];
        for (int i = 1; i < Voters.Length; i++)
        {
            Invariant.Check(Voters[i - 1].Key.Id < Voters[i].Key.Id);
        }
    }

    /// <summary>In order of node ids.</summary>
    public ImmutableArray<Voter> Voters { get; }

    /// <summary>How many of them make a majority.</summary>
    public int Majority => (Voters.Length / 2) + 1;

    /// <summary>The voter with this id, or null.</summary>
    public Voter? Find(NodeId id) => Voters.FirstOrDefault(voter => voter.Key.Id == id);

    /// <summary>True when exactly this replica votes.</summary>
    public bool Contains(ReplicaKey key) => Find(key.Id)?.Key == key;

    /// <summary>This set and one more; its id is not in the set yet.</summary>
    public VoterSet With(Voter voter) => new(Voters.Add(voter));

    /// <summary>This set without the voter of this id.</summary>
    public VoterSet Without(NodeId id) => new(Voters.Where(voter => voter.Key.Id != id));

    /// <summary>This set with the voter of the same key replaced.</summary>
    public VoterSet Updated(Voter voter) => Without(voter.Key.Id).With(voter);

    /// <inheritdoc/>
    public bool Equals(VoterSet? other) => other is not null && Voters.SequenceEqual(other.Voters);

    /// <inheritdoc/>
    public override int GetHashCode() => Voters.Length == 0 ? 0 : (Voters.Length * 31) + Voters[0].Key.Id.Value;

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", Voters.Select(voter => voter.Key))}]";
}
