using System.Globalization;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Storage;

/// <summary>What the file <c>quorum-state</c> says (C-3).</summary>
/// <param name="State">Epoch, leader, vote.</param>
/// <param name="DurableBound">Everything below it was durable in the log once: damage there is no torn tail (C-13.6).</param>
/// <param name="Generation">Grows with each write; for people who compare copies.</param>
internal sealed record StoredState(QuorumState State, Offset DurableBound, long Generation);

/// <summary>The file <c>quorum-state</c>: replaced as a whole, durable when <see cref="Write"/> returns.</summary>
internal static class QuorumStateFile
{
    internal const string Name = "quorum-state";
    private const int Version = 1;
    private const string Nobody = "none";

    internal static void Write(IFileSystem fileSystem, string directory, StoredState stored, QuorumSabotage sabotage = QuorumSabotage.None)
    {
        QuorumState state = stored.State;
        string voted = state.VotedKey is { } key
            ? string.Create(CultureInfo.InvariantCulture, $"{key.Id} {key.DirectoryId:D}")
            : Nobody;
        byte[] content = CheckpointText.Encode(
            Name,
            Version,
            [
                $"generation {stored.Generation.ToString(CultureInfo.InvariantCulture)}",
                $"epoch {state.Epoch}",
                $"leader {state.LeaderId}",
                $"voted {voted}",
                $"durable {stored.DurableBound}",
            ]);
        if ((sabotage & QuorumSabotage.NoStateSync) != 0)
        {
            WriteCarelessly(fileSystem, directory, content);
            return;
        }

        AtomicFile.Replace(fileSystem, directory, Name, content);
    }

    /// <summary>What is stored.</summary>
    /// <exception cref="StorageException">Missing or damaged: this replica may have voted and does not know it (C-13.6).</exception>
    internal static StoredState Read(IFileSystem fileSystem, string directory)
    {
        string path = $"{directory}/{Name}";
        if (!fileSystem.FileExists(path))
        {
            throw Refused(
                StorageErrorKind.Missing,
                $"{path} is missing: formatting was interrupted, or the file was lost, and with it whom this replica voted for.");
        }

        string[]? lines = CheckpointText.TryDecode(Name, Version, AtomicFile.TryRead(fileSystem, directory, Name));
        return TryParse(lines)
            ?? throw Refused(StorageErrorKind.Corrupt, $"{path} is damaged: whom this replica voted for is not known.");
    }

    /// <summary>A refusal that says what to do about it (C-13.6).</summary>
    internal static StorageException Refused(StorageErrorKind kind, string reason) => new(
        kind,
        $"{reason} The node must not run as this replica: format the folder anew and replace the voter (remove the old one, add the new one).");

    private static StoredState? TryParse(string[]? lines)
    {
        if (lines is not [var generation, var epoch, var leader, var voted, var durable])
        {
            return null;
        }

        bool isNumbers = TryNumber(generation, "generation ", out long generationValue)
            & TryNumber(epoch, "epoch ", out long epochValue)
            & TryNumber(leader, "leader ", out long leaderValue)
            & TryNumber(durable, "durable ", out long durableValue);
        if (!isNumbers || !TryVoted(voted, out ReplicaKey? votedKey))
        {
            return null;
        }

        var state = new QuorumState(new LeaderEpoch((int)epochValue), new NodeId((int)leaderValue), votedKey);
        return new StoredState(state, new Offset(durableValue), generationValue);
    }

    private static bool TryNumber(string line, string word, out long value)
    {
        value = 0;
        return line.StartsWith(word, StringComparison.Ordinal)
            && long.TryParse(line.AsSpan(word.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryVoted(string line, out ReplicaKey? key)
    {
        key = null;
        string[] words = line.Split(' ');
        switch (words)
        {
            case ["voted", Nobody]:
                return true;
            case ["voted", var id, var directory]
                when int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int node) && Guid.TryParseExact(directory, "D", out Guid guid):
                key = new ReplicaKey(new NodeId(node), guid);
                return true;
            default:
                return false;
        }
    }

    private static void WriteCarelessly(IFileSystem fileSystem, string directory, byte[] content)
    {
        string path = $"{directory}/{Name}";
        using (IFile file = fileSystem.Open(path + ".tmp", FileOpenMode.CreateOrTruncate))
        {
            file.Write(content, 0);
        }

        fileSystem.Rename(path + ".tmp", path);
    }
}
