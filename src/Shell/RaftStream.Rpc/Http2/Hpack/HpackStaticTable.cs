namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>The 61 entries that every HPACK coder knows (RFC 7541 appendix A); indexes begin at 1.</summary>
internal static class HpackStaticTable
{
    /// <summary>Number of entries, and the last index that belongs to this table.</summary>
    public const int Count = 61;

    private static readonly HeaderField[] Entries =
    [
        new(":authority", ""),
        new(":method", "GET"),
        new(":method", "POST"),
        new(":path", "/"),
        new(":path", "/index.html"),
        new(":scheme", "http"),
        new(":scheme", "https"),
        new(":status", "200"),
        new(":status", "204"),
        new(":status", "206"),
        new(":status", "304"),
        new(":status", "400"),
        new(":status", "404"),
        new(":status", "500"),
        new("accept-charset", ""),
        new("accept-encoding", "gzip, deflate"),
        new("accept-language", ""),
        new("accept-ranges", ""),
        new("accept", ""),
        new("access-control-allow-origin", ""),
        new("age", ""),
        new("allow", ""),
        new("authorization", ""),
        new("cache-control", ""),
        new("content-disposition", ""),
        new("content-encoding", ""),
        new("content-language", ""),
        new("content-length", ""),
        new("content-location", ""),
        new("content-range", ""),
        new("content-type", ""),
        new("cookie", ""),
        new("date", ""),
        new("etag", ""),
        new("expect", ""),
        new("expires", ""),
        new("from", ""),
        new("host", ""),
        new("if-match", ""),
        new("if-modified-since", ""),
        new("if-none-match", ""),
        new("if-range", ""),
        new("if-unmodified-since", ""),
        new("last-modified", ""),
        new("link", ""),
        new("location", ""),
        new("max-forwards", ""),
        new("proxy-authenticate", ""),
        new("proxy-authorization", ""),
        new("range", ""),
        new("referer", ""),
        new("refresh", ""),
        new("retry-after", ""),
        new("server", ""),
        new("set-cookie", ""),
        new("strict-transport-security", ""),
        new("transfer-encoding", ""),
        new("user-agent", ""),
        new("vary", ""),
        new("via", ""),
        new("www-authenticate", ""),
    ];

    private static readonly Dictionary<string, int> FirstByName = IndexNames();

    /// <summary>The entry at <paramref name="index"/>, 1 to <see cref="Count"/>.</summary>
    public static HeaderField Get(int index) => Entries[index - 1];

    /// <summary>Index of the first entry with this name, 0 when there is none.</summary>
    public static int IndexOfName(string name) => FirstByName.GetValueOrDefault(name);

    /// <summary>Index of the entry with this name and value, 0 when there is none.</summary>
    public static int IndexOf(string name, string value)
    {
        // Entries of one name are neighbours in the table.
        for (int index = IndexOfName(name); index > 0 && index <= Count && Get(index).Name == name; index++)
        {
            if (Get(index).Value == value)
            {
                return index;
            }
        }

        return 0;
    }

    private static Dictionary<string, int> IndexNames()
    {
        var names = new Dictionary<string, int>(Count, StringComparer.Ordinal);
        for (int index = 1; index <= Count; index++)
        {
            names.TryAdd(Get(index).Name, index);
        }

        return names;
    }
}
