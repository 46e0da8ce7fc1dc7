using System.Text.Json;
using RaftStream.Records;

namespace RaftStream.Cli.Tests;

/// <summary><c>log dump</c>: says what a segment holds, finds what is wrong with it, and tells a crash from corruption.</summary>
public sealed class LogDumpTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sound_segment_is_shown_batch_by_batch()
    {
        string path = Write(SegmentFiles.Sound().Joined());

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains("offsets 0..9  records 10  epoch 0", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("offsets 30..34  records 5  epoch 2", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("3 batches, 35 records, offsets 0..34", outcome.Out, StringComparison.Ordinal);
        Assert.Contains(": sound", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Records_are_shown_with_key_value_and_headers()
    {
        string path = Write(SegmentFiles.Batch(0, 2));

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path, "--records");

        Assert.Contains("    1  2025-06-01T12:00:00.001Z  key \"key 1\"  value \"value 1\"  \"source\"=\"test\"\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_carries_every_field_of_the_header_and_the_records()
    {
        string path = Write(SegmentFiles.Sound().Joined());

        JsonElement root = await DumpJsonAsync(path, "--records");

        JsonElement segment = root.GetProperty("segments")[0];
        Assert.True(root.GetProperty("sound").GetBoolean());
        Assert.Equal(3, segment.GetProperty("batchCount").GetInt32());
        Assert.Equal(35, segment.GetProperty("recordCount").GetInt32());
        Assert.Equal(35, segment.GetProperty("nextOffset").GetInt64());
        Assert.Equal(0, segment.GetProperty("tailBytes").GetInt64());
        JsonElement batch = segment.GetProperty("batches")[1];
        Assert.Equal(
            [
                "position", "baseOffset", "lastOffset", "recordCount", "partitionLeaderEpoch", "sizeBytes", "magic", "crc", "codec", "timestampType",
                "baseTimestampMs", "maxTimestampMs", "producerId", "producerEpoch", "baseSequence", "transactional", "control", "sound", "records",
            ],
            batch.EnumerateObject().Select(member => member.Name));
        Assert.Equal(10, batch.GetProperty("baseOffset").GetInt64());
        JsonElement record = batch.GetProperty("records")[3];
        Assert.Equal(13, record.GetProperty("offset").GetInt64());
        Assert.Equal("key 13", record.GetProperty("key").GetString());
        Assert.Equal("value 13", record.GetProperty("value").GetString());
        Assert.Equal("test", record.GetProperty("headers")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task Binary_values_come_in_base_64_and_null_stays_null()
    {
        using var builder = new RecordBatchBuilder();
        builder.TryAppend(1, OptionalBytes.Null, new byte[] { 0xFF, 0x00 });
        string path = Write(builder.Build().ToArray());

        JsonElement root = await DumpJsonAsync(path, "--records");

        JsonElement record = root.GetProperty("segments")[0].GetProperty("batches")[0].GetProperty("records")[0];
        Assert.Equal(JsonValueKind.Null, record.GetProperty("key").ValueKind);
        Assert.Equal("/wA=", record.GetProperty("valueBase64").GetString());
        Assert.False(record.TryGetProperty("value", out _));
    }

    [Theory]
    [InlineData(CompressionCodec.Gzip, "gzip")]
    [InlineData(CompressionCodec.Snappy, "snappy")]
    [InlineData(CompressionCodec.Lz4, "lz4")]
    [InlineData(CompressionCodec.Zstd, "zstd")]
    public async Task Compressed_batches_are_read(CompressionCodec codec, string name)
    {
        string path = Write(SegmentFiles.Batch(0, 200, codec: codec));

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path, "--records");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains($"codec {name}", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("value \"value 199\"", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_bit_is_corruption_and_the_rest_is_still_shown()
    {
        byte[] bytes = SegmentFiles.Sound().Joined();
        bytes[SegmentFiles.Sound()[0].Length + 100] ^= 0x10;
        string path = Write(bytes);

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("CORRUPT at position", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("CRC-32C", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("offsets 30..34", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("1 thing is corrupt", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_length_does_not_hide_the_batches_behind_it()
    {
        const int LengthField = 8;
        byte[][] batches = SegmentFiles.Sound();
        batches[1][LengthField + 3] ^= 0x04;
        string path = Write(batches.Joined());

        JsonElement root = await DumpJsonAsync(path);

        JsonElement segment = root.GetProperty("segments")[0];
        Assert.False(root.GetProperty("sound").GetBoolean());
        Assert.Equal(15, segment.GetProperty("recordCount").GetInt32());
        Assert.Equal(35, segment.GetProperty("nextOffset").GetInt64());
    }

    [Fact]
    public async Task Garbage_between_batches_is_corruption()
    {
        byte[][] batches = SegmentFiles.Sound();
        byte[] garbage = [.. Enumerable.Range(0, 777).Select(i => (byte)(i * 31))];
        string path = Write(new[] { batches[0], garbage, batches[1], batches[2] }.Joined());

        JsonElement root = await DumpJsonAsync(path);

        JsonElement problem = root.GetProperty("segments")[0].GetProperty("problems")[0];
        Assert.Equal("NotABatch", problem.GetProperty("code").GetString());
        Assert.True(problem.GetProperty("corruption").GetBoolean());
        Assert.Equal(35, root.GetProperty("segments")[0].GetProperty("recordCount").GetInt32());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(100)]
    public async Task A_cut_off_end_is_reported_and_is_no_corruption(int missing)
    {
        byte[] bytes = SegmentFiles.Sound().Joined();
        string path = Write(bytes[..^missing]);

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains("an incomplete batch, as a crash leaves them", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("2 batches, 30 records", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("sound up to its cut-off end", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zeros_at_the_end_are_reported_and_are_no_corruption()
    {
        string path = Write([.. SegmentFiles.Sound().Joined(), .. new byte[5000]]);

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path, "--summary");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains("The last 5000 bytes are zeros", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offsets_that_go_back_are_corruption()
    {
        string path = Write(new[] { SegmentFiles.Batch(0, 10), SegmentFiles.Batch(5, 10) }.Joined());

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("begins at offset 5", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Epochs_that_go_back_are_corruption()
    {
        string path = Write(new[] { SegmentFiles.Batch(0, 10, epoch: 3), SegmentFiles.Batch(10, 10, epoch: 2) }.Joined());

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("leader epoch 2, after batches of epoch 3", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_below_the_offset_in_the_files_name_is_corruption()
    {
        string path = _folder.File("00000000000000000100.log");
        await File.WriteAllBytesAsync(path, SegmentFiles.Batch(99, 3));

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
    }

    [Fact]
    public async Task A_folder_stands_for_its_segments_in_order()
    {
        Write(SegmentFiles.Batch(0, 3));
        await File.WriteAllBytesAsync(_folder.File("00000000000000000003.log"), SegmentFiles.Batch(3, 4));
        await File.WriteAllBytesAsync(_folder.File("00000000000000000000.index"), [1, 2, 3]);

        JsonElement root = await DumpJsonAsync(_folder.Path, "--summary");

        Assert.Equal([3, 4], root.GetProperty("segments").EnumerateArray().Select(segment => segment.GetProperty("recordCount").GetInt32()));
    }

    [Fact]
    public async Task An_empty_segment_is_sound()
    {
        CliOutcome outcome = await Cli.RunAsync("log", "dump", Write([]));

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains("0 batches, 0 records", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_segment_is_not_called_sound()
    {
        string path = _folder.File("00000000000000000000.index");
        await File.WriteAllTextAsync(path, "no batches");

        CliOutcome outcome = await Cli.RunAsync("log", "dump", path);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Equal($"error: {path} is no segment file: their names are <base offset>.log.\n", outcome.Error);
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_an_error()
    {
        CliOutcome outcome = await Cli.RunAsync("log", "dump", _folder.File("nothing"));

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Equal($"error: There is no file or folder {_folder.File("nothing")}.\n", outcome.Error);
    }

    [Fact]
    public async Task A_folder_without_segments_says_where_they_are()
    {
        CliOutcome outcome = await Cli.RunAsync("log", "dump", _folder.Path);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("<topic>-<partition>", outcome.Error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> DumpJsonAsync(string path, params string[] options)
    {
        CliOutcome outcome = await Cli.RunAsync(["log", "dump", path, "--output", "json", .. options]);
        JsonElement root = JsonDocument.Parse(outcome.Out).RootElement;
        Assert.Equal(root.GetProperty("sound").GetBoolean() ? ExitCode.Ok : ExitCode.Failed, outcome.ExitCode);
        return root;
    }

    private string Write(byte[] bytes)
    {
        string path = _folder.File(SegmentFiles.FirstName);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
