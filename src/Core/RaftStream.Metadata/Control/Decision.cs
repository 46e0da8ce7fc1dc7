using System.Collections.Immutable;
using RaftStream.Internal.V1;

namespace RaftStream.Metadata.Control;

/// <summary>What the controller decided: records to append as one atomic batch, and the answer to give once they are committed (C-14.2).</summary>
/// <remarks>Nothing has changed yet: only replaying the records does that, here and on every other node.</remarks>
/// <param name="Records">Empty is a pure read.</param>
/// <param name="Response">Valid only after the records are committed.</param>
public sealed record Decision<TResponse>(ImmutableArray<MetadataRecord> Records, TResponse Response);
