namespace RaftStream.Cli.Health;

/// <summary>What a node says of itself, or that it says nothing.</summary>
/// <param name="IsGood">True for status 200.</param>
/// <param name="Reasons">Why not, for people; empty when it is good.</param>
internal sealed record HealthAnswer(bool IsGood, IReadOnlyList<string> Reasons);
