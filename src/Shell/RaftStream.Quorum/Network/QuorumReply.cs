using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Network;

/// <summary>An answer of a node, and the batches that go with it.</summary>
/// <param name="Response">The answer.</param>
/// <param name="Bytes">Batches of a fetch answer; empty otherwise.</param>
public sealed record QuorumReply(RaftResponse Response, ReadOnlyMemory<byte> Bytes);
