using System.Text;

namespace RaftStream.Model;

/// <summary>What is known of an <see cref="ErrorCode"/> besides its number.</summary>
public static class ErrorCodes
{
    /// <summary>Kafka's upper-case name, e.g. <c>NOT_LEADER_OR_FOLLOWER</c>: what users search for.</summary>
    public static string KafkaName(this ErrorCode code)
    {
        string name = code.ToString();
        var builder = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]))
            {
                builder.Append('_');
            }

            builder.Append(char.ToUpperInvariant(name[i]));
        }

        return builder.ToString();
    }

    /// <summary>True when the same request may succeed later, after new metadata or a pause.</summary>
    public static bool IsRetriable(this ErrorCode code) => code is
        ErrorCode.CorruptMessage or ErrorCode.UnknownTopicOrPartition or ErrorCode.LeaderNotAvailable
        or ErrorCode.NotLeaderOrFollower or ErrorCode.RequestTimedOut or ErrorCode.BrokerNotAvailable
        or ErrorCode.ReplicaNotAvailable or ErrorCode.NetworkException or ErrorCode.NotEnoughReplicas
        or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.NotController or ErrorCode.KafkaStorageError
        or ErrorCode.CoordinatorLoadInProgress or ErrorCode.CoordinatorNotAvailable or ErrorCode.NotCoordinator
        or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable
        or ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId or ErrorCode.ThrottlingQuotaExceeded;
}
