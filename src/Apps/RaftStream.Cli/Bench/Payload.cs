using RaftStream.Model;

namespace RaftStream.Cli.Bench;

/// <summary>Random values that no codec can shrink: slices of one random buffer, small enough to stay in the cache.</summary>
/// <remarks>One owner.</remarks>
internal sealed class Payload
{
    private const int Spread = 512 * 1024;
    private const int Step = 4_099;

    private readonly byte[] _bytes;
    private readonly int _size;
    private int _at;

    /// <summary>Values of <paramref name="size"/> bytes, the same ones in every run.</summary>
    public Payload(int size)
    {
        _size = size;
        _bytes = new byte[Spread + size];
        new Prng(seed: 1).Fill(_bytes);
    }

    /// <summary>The next value.</summary>
    public ReadOnlySpan<byte> Next()
    {
        _at = (_at + Step) % Spread;
        return _bytes.AsSpan(_at, _size);
    }
}
