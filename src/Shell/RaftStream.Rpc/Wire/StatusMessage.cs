using System.Globalization;
using System.Text;

namespace RaftStream.Rpc.Wire;

/// <summary>The <c>grpc-message</c> header: UTF-8 with everything but printable ASCII percent-encoded.</summary>
internal static class StatusMessage
{
    private const int MaxBytes = 4096;

    /// <summary>The header for a detail; long ones are cut at 4 KiB so that the trailers always fit.</summary>
    public static string Encode(string detail)
    {
        if (detail.Length <= MaxBytes && !detail.AsSpan().ContainsAnyExceptInRange(' ', '~') && !detail.Contains('%', StringComparison.Ordinal))
        {
            return detail;
        }

        var encoded = new StringBuilder(detail.Length + 16);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in detail.EnumerateRunes())
        {
            if (encoded.Length >= MaxBytes)
            {
                break;
            }

            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (value is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
                {
                    encoded.Append((char)value);
                }
                else
                {
                    encoded.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
                }
            }
        }

        return encoded.ToString();
    }

    /// <summary>The detail of a header. What is not a valid escape stays as it is: a bad message must not hide a status.</summary>
    public static string Decode(string header)
    {
        if (!header.Contains('%', StringComparison.Ordinal))
        {
            return header;
        }

        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(header.Length)];
        int length = 0;
        for (int i = 0; i < header.Length; i++)
        {
            if (header[i] == '%' && i + 2 < header.Length
                && byte.TryParse(header.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes[length++] = value;
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(header.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
