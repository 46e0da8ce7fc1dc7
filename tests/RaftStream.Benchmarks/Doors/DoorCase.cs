namespace RaftStream.Benchmarks.Doors;

/// <summary>One shape of load, the same through each door.</summary>
/// <param name="Reads">True consumes what was produced before, false produces.</param>
/// <param name="RecordBytes">Of each value; no keys.</param>
/// <param name="BatchBytes">Most bytes of a batch.</param>
internal sealed record DoorCase(bool Reads, int RecordBytes, int BatchBytes, int Partitions)
{
    // What clients put into one request at most.
    private const int RequestBytes = 1 << 20;

    /// <summary>All of them, in the order of their running within a round.</summary>
    public static IReadOnlyList<DoorCase> All { get; } =
    [
        new(false, 100, 1 << 10, 1),
        new(false, 100, 64 << 10, 1),
        new(false, 100, 64 << 10, 12),
        new(false, 1 << 10, 64 << 10, 1),
        new(false, 1 << 10, 1 << 20, 1),
        new(false, 1 << 10, 1 << 20, 12),
        new(true, 100, 64 << 10, 1),
        new(true, 100, 64 << 10, 12),
        new(true, 1 << 10, 64 << 10, 1),
        new(true, 1 << 10, 1 << 20, 12),
    ];

    /// <summary>Batches that go in one request, each for a partition of its own.</summary>
    public int BatchesPerRequest => Math.Clamp(RequestBytes / BatchBytes, 1, Partitions);

    public string Name =>
        $"{(Reads ? "consume" : "produce")} {Size(RecordBytes)}, batches of {Size(BatchBytes)}, {Partitions} partition{(Partitions == 1 ? "" : "s")}";

    private static string Size(int bytes) => bytes switch
    {
        >= 1 << 20 => $"{bytes >> 20} MiB",
        >= 1 << 10 => $"{bytes >> 10} KiB",
        _ => $"{bytes} B",
    };
}
