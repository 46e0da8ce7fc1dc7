using System.Globalization;
using System.Text;

namespace RaftStream.Records.Tests;

/// <summary>Batches that a real Kafka client wrote: see Golden/README.md.</summary>
public sealed class GoldenTests
{
    private static readonly RecordBatchRules TopicDefaults = new() { TimestampAfterMaxMs = long.MaxValue };

    public static TheoryData<CompressionCodec> Codecs => [.. Batches.AllCodecs];

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Folder, "*.bin").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    [Fact]
    public void All_files_are_there()
    {
        Assert.Equal(11, Files.Count);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Keys_values_nulls_and_headers_are_read(CompressionCodec codec)
    {
        byte[] batch = Load($"small-{Name(codec)}.bin");

        (byte[], byte[]?)[] headers =
        [
            ("trace"u8.ToArray(), "a1b2c3"u8.ToArray()),
            ("empty"u8.ToArray(), []),
            ("nothing"u8.ToArray(), null),
        ];
        AssertRecords(SmallRecords(), headers, batch);
        Assert.Equal(codec, Batches.Header(batch).Codec);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Many_records_are_read(CompressionCodec codec)
    {
        byte[] batch = Load($"large-{Name(codec)}.bin");

        AssertRecords(LargeRecords(), [], batch);
        Assert.Equal(codec, Batches.Header(batch).Codec);
    }

    [Fact]
    public void An_idempotent_producer_is_recognised()
    {
        byte[] batch = Load("idempotent.bin");

        RecordBatchHeader header = Batches.Header(batch);
        AssertRecords(SmallLines(), [], batch);
        Assert.Equal(4711, header.ProducerId);
        Assert.Equal(3, header.ProducerEpoch);
        Assert.Equal(0, header.BaseSequence);
        Assert.Equal(5, header.LastSequence);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_leader_accepts_them_R_4_2(string file)
    {
        byte[] batch = Load(file);

        RecordCheck check = RecordBatchValidator.Validate(
            new(batch), TopicDefaults, nowMs: 0, out ValidatedBatch validated);

        Assert.Equal(RecordCheck.Valid, check);
        Assert.Equal(validated.Header.MaxTimestamp, validated.MaxTimestamp);
    }

    [Theory]
    [InlineData("small-none.bin")]
    [InlineData("large-none.bin")]
    [InlineData("idempotent.bin")]
    public void Encoding_the_records_again_gives_the_same_bytes(string file)
    {
        byte[] golden = Load(file);
        RecordBatchHeader header = Batches.Header(golden);

        byte[] ours = Batches.Build(
            Batches.Read(golden),
            configure: b => b.SetProducer(header.ProducerId, header.ProducerEpoch, header.BaseSequence));
        RecordBatchHeader.PatchOffsetAndEpoch(ours, header.BaseOffset, header.PartitionLeaderEpoch);

        Assert.Equal(golden, ours);
    }

    private static void AssertRecords(
        IReadOnlyList<(string? Key, string? Value)> expected, (byte[], byte[]?)[] headers, byte[] batch)
    {
        RecordBatchHeader header = Batches.Header(batch);
        List<RecordModel> records = Batches.Read(batch);

        Assert.Equal(
            expected.Select(e => RecordModel.Of(e.Key, e.Value) with { Headers = headers }),
            records.Select(r => r with { TimestampMs = 0 }));
        Assert.Equal(header.BaseTimestamp, records[0].TimestampMs);
        Assert.Equal(header.MaxTimestamp, records.Max(r => r.TimestampMs));
    }

    /// <summary>What kcat makes of the lines with -Z: what is empty is sent as null.</summary>
    private static List<(string? Key, string? Value)> SmallRecords() =>
        [.. SmallLines().Select(r => (r.Key == "" ? null : r.Key, r.Value == "" ? null : r.Value))];

    private static List<(string? Key, string? Value)> SmallLines() =>
    [
        .. File.ReadAllLines(Path.Combine(Folder, "small.txt"), Encoding.UTF8)
            .Select(line => line.Split(':', 2))
            .Select(parts => ((string?)parts[0], (string?)parts[1])),
    ];

    private static List<(string? Key, string? Value)> LargeRecords() =>
    [
        .. Enumerable.Range(0, 1200).Select(i => ((string?)$"sensor-{i % 37:00}", (string?)string.Create(
            CultureInfo.InvariantCulture,
            $"reading {i} of sensor {i % 37} is {i * 7919 % 1000 / 10.0:0.0} degrees, {i * 104729 % 997} hPa"))),
    ];

    private static byte[] Load(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    private static string Name(CompressionCodec codec) => codec.ToString().ToLowerInvariant();
}
