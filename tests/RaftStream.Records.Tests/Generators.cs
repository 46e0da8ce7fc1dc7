using FsCheck;
using FsCheck.Fluent;

namespace RaftStream.Records.Tests;

/// <summary>Random records for properties; small ones first, and shrinking towards fewer and plainer records.</summary>
internal static class Generators
{
    public static Arbitrary<RecordModel[]> RecordLists { get; } = Arb.From(Record().ArrayOf(), Shrink);

    public static Arbitrary<CompressionCodec> Codecs { get; } = Gen.Elements(Batches.AllCodecs).ToArbitrary();

    private static Gen<RecordModel> Record() =>
        from timestamp in Timestamp()
        from key in Optional(Bytes())
        from value in Optional(Bytes())
        from headers in Header().ArrayOf().Resize(3)
        select new RecordModel(timestamp, key, value, headers);

    private static Gen<long> Timestamp() => Gen.OneOf(
        Gen.Constant(RecordBatchHeader.NoTimestamp),
        Gen.Choose(0, 100).Select(x => 1_700_000_000_000 + x),
        Gen.Choose(0, int.MaxValue).Select(x => (long)x * 1000),
        Gen.Elements(0L, long.MaxValue, long.MinValue));

    private static Gen<(byte[] Key, byte[]? Value)> Header() =>
        from key in Bytes()
        from value in Optional(Bytes())
        select (key, value);

    private static Gen<byte[]?> Optional(Gen<byte[]> bytes) =>
        Gen.Frequency((1, Gen.Constant<byte[]?>(null)), (5, bytes.Select(b => (byte[]?)b)));

    /// <summary>Noise, or one byte many times, in sizes around the places where lengths take another byte.</summary>
    private static Gen<byte[]> Bytes() => Gen.OneOf(
        Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(),
        from size in Gen.Elements(0, 1, 62, 63, 64, 65, 127, 128, 8191, 8192, 8193)
        from b in Gen.Choose(0, 255)
        select Enumerable.Repeat((byte)b, size).ToArray());

    private static IEnumerable<RecordModel[]> Shrink(RecordModel[] records)
    {
        for (int i = 0; i < records.Length; i++)
        {
            yield return [.. records[..i], .. records[(i + 1)..]];
        }

        var plain = RecordModel.Of(null, "");
        for (int i = 0; i < records.Length; i++)
        {
            if (records[i] != plain)
            {
                yield return [.. records[..i], plain, .. records[(i + 1)..]];
            }
        }
    }
}
