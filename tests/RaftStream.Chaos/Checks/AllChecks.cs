namespace RaftStream.Chaos.Checks;

/// <summary>The rules that a history is held against.</summary>
internal static class AllChecks
{
    public static IReadOnlyList<ICheck> List { get; } =
    [
        new LostWrites(), new UnseenWrites(), new InconsistentOffsets(), new Duplicates(), new FailedWrites(), new EarlyReads(), new PollSkips(),
        new NonmonotonicPolls(), new NonmonotonicSends(), new OrderPerKey(), new RealTimeOrder(), new DirtyReads(), new EndOffsets(),
        new Recovery(), new Failover(), new MetadataAnswers(), new RestartedWrites(),
    ];
}
