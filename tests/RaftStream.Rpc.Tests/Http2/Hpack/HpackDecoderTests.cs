using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Tests.Http2.Hpack;

public sealed class HpackDecoderTests
{
    private const string Date1 = "date: Mon, 21 Oct 2013 20:13:21 GMT";
    private const string Date2 = "date: Mon, 21 Oct 2013 20:13:22 GMT";
    private const string Location = "location: https://www.example.com";
    private const string Cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

    [Theory] // RFC 7541 C.2
    [InlineData("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header")]
    [InlineData("040c2f73616d706c652f70617468", ":path: /sample/path")]
    [InlineData("100870617373776f726406736563726574", "password: secret")]
    [InlineData("82", ":method: GET")]
    public void Single_fields_of_the_RFC_decode(string hex, string field) =>
        Assert.Equal([field], Decode(new HpackDecoder(4096, 4096), hex));

    public static TheoryData<string, string[]> RequestExamples => new()
    {
        { "C.3", ["828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"] },
        { "C.4", ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"] },
    };

    [Theory]
    [MemberData(nameof(RequestExamples))]
    public void Requests_of_the_RFC_decode(string section, string[] blocks)
    {
        Assert.NotEmpty(section);
        var decoder = new HpackDecoder(4096, 4096);

        Assert.Equal([":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"], Decode(decoder, blocks[0]));
        Assert.Equal(
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
            Decode(decoder, blocks[1]));
        Assert.Equal(
            [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
            Decode(decoder, blocks[2]));
    }

    public static TheoryData<string, string[]> ResponseExamples => new()
    {
        {
            "C.5",
            [
                "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
                "4803333037c1c0bf",
                "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
            ]
        },
        {
            "C.6",
            [
                "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                "4883640effc1c0bf",
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            ]
        },
    };

    [Theory] // The table holds 256 bytes here, so that entries are evicted.
    [MemberData(nameof(ResponseExamples))]
    public void Responses_of_the_RFC_decode_and_evict(string section, string[] blocks)
    {
        Assert.NotEmpty(section);
        var decoder = new HpackDecoder(256, 4096);

        Assert.Equal([":status: 302", "cache-control: private", Date1, Location], Decode(decoder, blocks[0]));
        Assert.Equal([":status: 307", "cache-control: private", Date1, Location], Decode(decoder, blocks[1]));
        Assert.Equal(
            [":status: 200", "cache-control: private", Date2, Location, "content-encoding: gzip", Cookie],
            Decode(decoder, blocks[2]));
    }

    [Theory]
    [InlineData("80")]             // index 0
    [InlineData("be")]             // 62: the dynamic table is empty
    [InlineData("ff80ffffff07")]   // a huge index
    [InlineData("8220")]           // a size update after a field (§4.2)
    [InlineData("3fe21f")]         // a size update to 4097, above our 4096 (§6.3)
    [InlineData("400a6375")]       // ends inside a name
    [InlineData("0085ffffffffff")] // Huffman: end-of-string symbol
    [InlineData("00ff808080808000")]
    [InlineData("007fa31f")]       // a name of 4130 bytes, above the limit and beyond the end
    public void Malformed_blocks_are_refused(string hex) =>
        Assert.Throws<HpackException>(() => Decode(new HpackDecoder(4096, 4096), hex));

    [Fact]
    public void Size_update_to_zero_forgets_the_table()
    {
        var decoder = new HpackDecoder(4096, 4096);
        Decode(decoder, "400a637573746f6d2d6b65790d637573746f6d2d686561646572");
        Assert.Equal(["custom-key: custom-header"], Decode(decoder, "be"));

        Decode(decoder, "20");

        Assert.Throws<HpackException>(() => Decode(decoder, "be"));
    }

    [Fact]
    public void A_field_larger_than_the_table_empties_it()
    {
        var decoder = new HpackDecoder(64, 4096);
        Decode(decoder, "4001610162"); // a: b, 34 bytes
        Assert.Equal(["a: b"], Decode(decoder, "be"));

        Decode(decoder, "400161" + "28" + string.Concat(Enumerable.Repeat("62", 40)));

        Assert.Throws<HpackException>(() => Decode(decoder, "be"));
    }

    [Fact]
    public void A_list_beyond_its_limit_is_dropped_but_keeps_the_state()
    {
        var decoder = new HpackDecoder(4096, 4096);
        var headers = new HeaderList(limitBytes: 80);

        decoder.Decode(Convert.FromHexString("4001610162" + "4001630164" + "4001650166"), headers);

        Assert.True(headers.IsTooLarge);
        Assert.Equal(["a: b", "c: d"], headers.Fields.Select(Text));
        Assert.Equal(["e: f"], Decode(decoder, "be"));
    }

    [Fact]
    public void Decode_undoes_the_encoder() =>
        Prop.ForAll(Fields(), fields =>
        {
            var output = new ArrayBufferWriter<byte>();
            foreach (HeaderField field in fields)
            {
                HpackEncoder.Write(output, field.Name, field.Value, sensitive: field.Value.Length % 2 == 1);
            }

            var headers = new HeaderList(int.MaxValue);
            new HpackDecoder(4096, 4096).Decode(output.WrittenSpan, headers);
            return headers.Fields.SequenceEqual(fields);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_long_indexed_conversation_stays_in_step() =>
        Prop.ForAll(Fields(), Gen.Choose(0, 400).ToArbitrary(), (fields, tableBytes) =>
        {
            // The model is a plain list, newest first; fields in it are sent by index, others as indexed literals.
            var decoder = new HpackDecoder(tableBytes, 4096);
            var model = new List<HeaderField>();
            var headers = new HeaderList(int.MaxValue);
            foreach (HeaderField field in fields.Concat(fields))
            {
                var output = new List<byte>();
                int known = model.IndexOf(field);
                if (known >= 0)
                {
                    Append(output, known + HpackStaticTable.Count + 1, prefixBits: 7, flags: 0x80);
                }
                else
                {
                    output.Add(0x40);
                    AppendHuffman(output, field.Name);
                    AppendHuffman(output, field.Value);
                    model.Insert(0, field);
                    while (model.Sum(f => f.SizeInBytes) > tableBytes)
                    {
                        model.RemoveAt(model.Count - 1);
                    }
                }

                decoder.Decode([.. output], headers);
                if (headers.Fields.Single() != field)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_decode_or_are_refused() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                new HpackDecoder(4096, 4096).Decode(bytes, new HeaderList(4096));
            }
            catch (HpackException)
            {
            }
        }).QuickCheckThrowOnFailure();

    private static Arbitrary<HeaderField[]> Fields()
    {
        Gen<string> name = Gen.Elements("a", "grpc-status", ":path", ":method", "x-custom", "content-type", "te");
        Gen<string> value = Gen.Choose(0, 255).Select(c => (char)c).ArrayOf().Select(c => new string(c));
        Gen<string> values = Gen.OneOf(value, Gen.Elements("POST", "0", "application/grpc", "trailers"));
        return name.Zip(values, (n, v) => new HeaderField(n, v)).ArrayOf().ToArbitrary();
    }

    private static void Append(List<byte> output, int value, int prefixBits, byte flags)
    {
        var bytes = new byte[HpackInteger.MaxBytes];
        output.AddRange(bytes[..HpackInteger.Write(bytes, value, prefixBits, flags)]);
    }

    private static void AppendHuffman(List<byte> output, string text)
    {
        byte[] encoded = HuffmanEncoder.Encode(Encoding.Latin1.GetBytes(text));
        Append(output, encoded.Length, prefixBits: 7, flags: 0x80);
        output.AddRange(encoded);
    }

    private static string[] Decode(HpackDecoder decoder, string hex)
    {
        var headers = new HeaderList(int.MaxValue);
        decoder.Decode(Convert.FromHexString(hex), headers);
        return [.. headers.Fields.Select(Text)];
    }

    private static string Text(HeaderField field) => $"{field.Name}: {field.Value}";
}
