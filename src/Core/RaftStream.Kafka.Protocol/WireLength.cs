using System.Numerics;
using System.Text;

namespace RaftStream.Kafka.Protocol;

/// <summary>Bytes that values of no fixed size take.</summary>
internal static class WireLength
{
    public static int VarUInt(int value) => (38 - BitOperations.LeadingZeroCount((uint)value | 1)) / 7;

    public static int Count(int count, bool compact) => compact ? VarUInt(count + 1) : sizeof(int);

    public static int String(string? text, bool compact)
    {
        int bytes = text is null ? 0 : Encoding.UTF8.GetByteCount(text);
        return bytes + (!compact ? sizeof(short) : text is null ? 1 : VarUInt(bytes + 1));
    }

    public static int Bytes(WireBytes bytes, bool compact) =>
        bytes.Length + (!compact ? sizeof(int) : bytes.IsNull ? 1 : VarUInt(bytes.Length + 1));
}
