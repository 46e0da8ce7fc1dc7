using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Replication.Tests.Explorer;

/// <summary>What is under way between two processes. It may be lost, doubled and overtaken.</summary>
/// <param name="To">Index of the receiver; the controller is -1.</param>
internal abstract record Message(int To);

/// <summary>A follower's fetch at its leader.</summary>
internal sealed record FetchMessage(int To, Ask Ask) : Message(To);

/// <summary>The leader's answer; for one incarnation, since connections do not outlive processes.</summary>
internal sealed record AnswerMessage(int To, int Incarnation, FetchAnswer Answer, long Offset, Record[] Records) : Message(To);

/// <summary>A leader's proposal at the controller.</summary>
internal sealed record ProposalMessage(int From, int Incarnation, BrokerEpoch BrokerEpoch, IsrChange Change) : Message(-1);

/// <summary>The controller's answer.</summary>
internal sealed record OutcomeMessage(int To, int Incarnation, IsrChange Change, ErrorCode Error, PartitionState? State) : Message(To);

/// <summary>What a leader calls a follower's fetch.</summary>
internal readonly record struct Ask(int From, int Incarnation, FollowerFetch Fetch);
