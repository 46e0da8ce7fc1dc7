namespace RaftStream.Model;

/// <summary>Small seeded generator (xoshiro256**): the same seed gives the same numbers on every machine.</summary>
/// <remarks>Not for secrets. One owner; not thread-safe.</remarks>
public sealed class Prng
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Starts the sequence named by <paramref name="seed"/>; any value is good.</summary>
    public Prng(ulong seed)
    {
        // SplitMix64 spreads the seed, so that neighbouring seeds give unrelated sequences.
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>); the bound is above 0.</summary>
    public int Next(int bound)
    {
        Invariant.Check(bound > 0);
        return (int)Math.BigMul(NextUInt64(), (ulong)bound, out _);
    }

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public long Next(long low, long high)
    {
        Invariant.Check(low < high);
        return low + (long)Math.BigMul(NextUInt64(), (ulong)(high - low), out _);
    }

    /// <summary>True once in <paramref name="times"/> on average.</summary>
    public bool OneIn(int times) => Next(times) == 0;

    /// <summary>Fills <paramref name="bytes"/> with uniform bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, NextUInt64());
            bytes = bytes[sizeof(ulong)..];
        }

        ulong rest = NextUInt64();
        foreach (ref byte b in bytes)
        {
            b = (byte)rest;
            rest >>= 8;
        }
    }

    /// <summary>A random (version 4) identifier.</summary>
    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>An independent generator, for a part that must not disturb this one's sequence.</summary>
    public Prng Fork() => new(NextUInt64());

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
