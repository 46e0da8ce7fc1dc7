namespace RaftStream.Rpc.Tests.Probes;

/// <summary>Tests that measure the whole process run when no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
