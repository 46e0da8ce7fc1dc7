namespace RaftStream.Chaos.Nemeses;

/// <summary>The faults by name.</summary>
internal static class AllNemeses
{
    public static IReadOnlyList<INemesis> List { get; } =
    [
        new KillLeader(), new KillAhead(), new KillController(), new Pause(), NetworkPartition.Any(), NetworkPartition.OneWay(), NetworkPartition.TwoWay(), new RollingRestart(), new PowerLoss(), new DiskFull(), new ClockJump(), new VoterChange(), new ReplicaMove(), new Membership(),
        new Mixed(),
    ];

    public static INemesis? Find(string name) => List.FirstOrDefault(nemesis => nemesis.Name == name);
}
