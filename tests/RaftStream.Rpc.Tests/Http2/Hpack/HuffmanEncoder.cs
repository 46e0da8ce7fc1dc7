using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Tests.Http2.Hpack;

/// <summary>The other direction of the Huffman code, which only tests need.</summary>
internal static class HuffmanEncoder
{
    public static byte[] Encode(ReadOnlySpan<byte> text)
    {
        var output = new List<byte>();
        ulong bits = 0;
        int count = 0;
        foreach (byte symbol in text)
        {
            bits = (bits << HuffmanCode.Lengths[symbol]) | HuffmanCode.Codes[symbol];
            count += HuffmanCode.Lengths[symbol];
            while (count >= 8)
            {
                count -= 8;
                output.Add((byte)(bits >> count));
            }
        }

        if (count > 0)
        {
            output.Add((byte)((bits << (8 - count)) | (0xFFu >> count)));
        }

        return [.. output];
    }
}
