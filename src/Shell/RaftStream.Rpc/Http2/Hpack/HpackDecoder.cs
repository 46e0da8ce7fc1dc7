using System.Buffers;

namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>Decodes the header blocks of one connection, in order (RFC 7541).</summary>
/// <remarks>
/// <code>
///  1xxxxxxx  indexed field                            index, 7-bit prefix
///  01xxxxxx  literal, remembered in the dynamic table name index or 0 and a name, then the value
///  001xxxxx  dynamic table size update                only at the start of a block
///  0001xxxx  literal, never to be indexed             name index or 0 and a name, then the value
///  0000xxxx  literal                                  the same
/// </code>
/// A string is one bit "Huffman", its length with a 7-bit prefix, and its bytes. One user at a time.
/// </remarks>
internal sealed class HpackDecoder
{
    private readonly HpackDynamicTable _dynamic;
    private readonly int _maxStringBytes;

    /// <param name="tableBytes">Our SETTINGS_HEADER_TABLE_SIZE.</param>
    /// <param name="maxStringBytes">Longest name or value that is decoded; a longer one ends the connection.</param>
    public HpackDecoder(int tableBytes, int maxStringBytes)
    {
        _dynamic = new HpackDynamicTable(tableBytes);
        _maxStringBytes = maxStringBytes;
    }

    /// <summary>Decodes one whole block into <paramref name="headers"/>, which it clears first.</summary>
    /// <exception cref="HpackException">The block is malformed; this decoder is of no use any more.</exception>
    public void Decode(ReadOnlySpan<byte> block, HeaderList headers)
    {
        headers.Clear();
        bool sizeUpdateAllowed = true;
        while (!block.IsEmpty)
        {
            byte first = block[0];
            if ((first & 0xE0) == 0x20)
            {
                if (!sizeUpdateAllowed)
                {
                    throw new HpackException("A table size update comes after a header field.");
                }

                _dynamic.Resize(HpackInteger.Read(ref block, prefixBits: 5));
                continue;
            }

            sizeUpdateAllowed = false;
            if ((first & 0x80) != 0)
            {
                headers.Add(Lookup(HpackInteger.Read(ref block, prefixBits: 7)));
            }
            else if ((first & 0x40) != 0)
            {
                HeaderField field = ReadLiteral(ref block, prefixBits: 6);
                _dynamic.Add(field);
                headers.Add(field);
            }
            else
            {
                headers.Add(ReadLiteral(ref block, prefixBits: 4));
            }
        }
    }

    private HeaderField ReadLiteral(ref ReadOnlySpan<byte> block, int prefixBits)
    {
        int index = HpackInteger.Read(ref block, prefixBits);
        string name = index == 0 ? ReadString(ref block) : Lookup(index).Name;
        return new HeaderField(name, ReadString(ref block));
    }

    private HeaderField Lookup(int index)
    {
        if (index is > 0 and <= HpackStaticTable.Count)
        {
            return HpackStaticTable.Get(index);
        }

        int position = index - HpackStaticTable.Count - 1;
        return position >= 0 && position < _dynamic.Count
            ? _dynamic.Get(position)
            : throw new HpackException($"A header field has index {index}; the tables have {HpackStaticTable.Count + _dynamic.Count}.");
    }

    private string ReadString(ref ReadOnlySpan<byte> block)
    {
        bool huffman = !block.IsEmpty && (block[0] & 0x80) != 0;
        int length = HpackInteger.Read(ref block, prefixBits: 7);
        if (length > block.Length)
        {
            throw new HpackException("The header block ends inside a string.");
        }

        if (length > _maxStringBytes)
        {
            throw new HpackException($"A header string of {length} bytes is above the limit of {_maxStringBytes}.");
        }

        ReadOnlySpan<byte> encoded = block[..length];
        block = block[length..];
        return huffman ? DecodeHuffman(encoded) : HeaderStrings.Get(encoded);
    }

    private static string DecodeHuffman(ReadOnlySpan<byte> encoded)
    {
        const int StackBytes = 512;
        int max = HuffmanDecoder.MaxDecodedBytes(encoded.Length);
        if (max <= StackBytes)
        {
            Span<byte> small = stackalloc byte[StackBytes];
            return HeaderStrings.Get(small[..HuffmanDecoder.Decode(encoded, small)]);
        }

        byte[] large = ArrayPool<byte>.Shared.Rent(max);
        try
        {
            return HeaderStrings.Get(large.AsSpan(0, HuffmanDecoder.Decode(encoded, large)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(large);
        }
    }
}
