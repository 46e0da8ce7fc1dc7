using System.Text;

namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>Turns header bytes into strings, and those that every gRPC answer carries into ones that exist already.</summary>
internal static class HeaderStrings
{
    private const int Buckets = 256;

    private static readonly string?[] Known = Build(
        "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding", "grpc-status-details-bin",
        "raftstream-error-bin", "content-type", "date", "server", "content-length", "trailer", ":status",
        "application/grpc", "application/grpc+proto", "identity", "gzip", "identity,gzip", "Kestrel", "200",
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16");

    /// <summary>The text of <paramref name="latin1"/>; allocates only for what is not well known.</summary>
    public static string Get(ReadOnlySpan<byte> latin1)
    {
        if (latin1.IsEmpty)
        {
            return "";
        }

        string? candidate = Known[Bucket(latin1.Length, latin1[0], latin1[^1])];
        return candidate is not null && Ascii.Equals(latin1, candidate) ? candidate : Encoding.Latin1.GetString(latin1);
    }

    private static int Bucket(int length, int first, int last) => ((length * 37) + (first * 11) + last) & (Buckets - 1);

    private static string?[] Build(params ReadOnlySpan<string> known)
    {
        var buckets = new string?[Buckets];
        foreach (string text in known)
        {
            // Where two meet, the first one stays; the other is merely allocated each time.
            buckets[Bucket(text.Length, text[0], text[^1])] ??= text;
        }

        return buckets;
    }
}
