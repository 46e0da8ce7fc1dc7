namespace RaftStream.Simulation.Quorums.World;

/// <summary>FNV-1a over 64 bits: tells contents apart; the same on every machine and in every process.</summary>
internal sealed class ContentHash
{
    public ulong Value { get; private set; } = 14695981039346656037;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = new ContentHash();
        hash.Append(bytes);
        return hash.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        ulong value = Value;
        foreach (byte b in bytes)
        {
            value = (value ^ b) * 1099511628211;
        }

        Value = value;
    }
}
