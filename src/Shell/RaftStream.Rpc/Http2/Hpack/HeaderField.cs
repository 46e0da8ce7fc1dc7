namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>One header line: a lower-case name and its value, both Latin-1.</summary>
internal readonly record struct HeaderField(string Name, string Value)
{
    /// <summary>What RFC 7541 §4.1 and RFC 9113 §6.5.2 add to each entry's name and value, bytes.</summary>
    public const int OverheadBytes = 32;

    /// <summary>Size as both RFCs count it, bytes.</summary>
    public int SizeInBytes => Name.Length + Value.Length + OverheadBytes;
}
