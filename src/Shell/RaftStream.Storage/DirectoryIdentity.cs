using RaftStream.Model;

namespace RaftStream.Storage;

/// <summary>Whose folder this is (C-2.1, C-2.2): the content of <c>meta.properties</c>.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="NodeId">The node.</param>
/// <param name="DirectoryId">This disk: a wiped folder gets another one (P15).</param>
public sealed record DirectoryIdentity(Guid ClusterId, NodeId NodeId, Guid DirectoryId);
