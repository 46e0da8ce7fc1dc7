using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RaftStream.Records;

/// <summary>One wide register of <see cref="Crc32CFolding{TLane}"/>: several 128-bit pieces side by side.</summary>
internal interface IFoldingLane<TSelf>
    where TSelf : struct, IFoldingLane<TSelf>
{
    /// <summary>True when this processor can multiply such a register.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Bytes of the register.</summary>
    static abstract int Size { get; }

    /// <summary>The bytes at <paramref name="source"/>, in any alignment.</summary>
    static abstract TSelf Load(ref byte source);

    /// <summary>A register whose first four bytes are a checksum's, the rest zero.</summary>
    static abstract TSelf FromState(uint state);

    /// <summary>The same pair of multipliers for each piece.</summary>
    static abstract TSelf FromMultiplier(ulong low, ulong high);

    /// <summary>Sum of polynomials.</summary>
    static abstract TSelf Add(TSelf left, TSelf right);

    /// <summary>Each piece moved on by the multiplier's distance, and added to <paramref name="next"/>.</summary>
    static abstract TSelf Fold(TSelf lane, TSelf multiplier, TSelf next);

    /// <summary>The checksum register of the bytes in the lane.</summary>
    static abstract uint Reduce(TSelf lane);
}

/// <summary>Four pieces: AVX-512 with VPCLMULQDQ.</summary>
internal readonly struct FoldingLane512(Vector512<ulong> value) : IFoldingLane<FoldingLane512>
{
    private readonly Vector512<ulong> _value = value;

    public static bool IsSupported => Pclmulqdq.V512.IsSupported;

    public static int Size => Vector512<byte>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FoldingLane512 Load(ref byte source) => new(Vector512.LoadUnsafe(ref source).AsUInt64());

    public static FoldingLane512 FromState(uint state) => new(Vector512.CreateScalar((ulong)state));

    public static FoldingLane512 FromMultiplier(ulong low, ulong high) =>
        new(Vector512.Create(low, high, low, high, low, high, low, high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FoldingLane512 Add(FoldingLane512 left, FoldingLane512 right) => new(left._value ^ right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FoldingLane512 Fold(FoldingLane512 lane, FoldingLane512 multiplier, FoldingLane512 next) => new(
        Pclmulqdq.V512.CarrylessMultiply(lane._value, multiplier._value, 0x00)
        ^ Pclmulqdq.V512.CarrylessMultiply(lane._value, multiplier._value, 0x11)
        ^ next._value);

    public static uint Reduce(FoldingLane512 lane)
    {
        uint state = 0;
        for (int i = 0; i < Vector512<ulong>.Count; i++)
        {
            state = BitOperations.Crc32C(state, lane._value[i]);
        }

        return state;
    }
}

/// <summary>Two pieces: AVX2 with VPCLMULQDQ.</summary>
internal readonly struct FoldingLane256(Vector256<ulong> value) : IFoldingLane<FoldingLane256>
{
    private readonly Vector256<ulong> _value = value;

    public static bool IsSupported => Pclmulqdq.V256.IsSupported;

    public static int Size => Vector256<byte>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FoldingLane256 Load(ref byte source) => new(Vector256.LoadUnsafe(ref source).AsUInt64());

    public static FoldingLane256 FromState(uint state) => new(Vector256.CreateScalar((ulong)state));

    public static FoldingLane256 FromMultiplier(ulong low, ulong high) => new(Vector256.Create(low, high, low, high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FoldingLane256 Add(FoldingLane256 left, FoldingLane256 right) => new(left._value ^ right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FoldingLane256 Fold(FoldingLane256 lane, FoldingLane256 multiplier, FoldingLane256 next) => new(
        Pclmulqdq.V256.CarrylessMultiply(lane._value, multiplier._value, 0x00)
        ^ Pclmulqdq.V256.CarrylessMultiply(lane._value, multiplier._value, 0x11)
        ^ next._value);

    public static uint Reduce(FoldingLane256 lane)
    {
        uint state = 0;
        for (int i = 0; i < Vector256<ulong>.Count; i++)
        {
            state = BitOperations.Crc32C(state, lane._value[i]);
        }

        return state;
    }
}
