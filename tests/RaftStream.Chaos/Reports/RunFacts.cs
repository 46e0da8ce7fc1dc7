namespace RaftStream.Chaos.Reports;

/// <summary>What a report says of the run besides its history.</summary>
/// <param name="Fault">Name of the nemesis.</param>
/// <param name="Command">How to run it again.</param>
internal sealed record RunFacts(string Fault, string Command, ChaosOptions Options);
