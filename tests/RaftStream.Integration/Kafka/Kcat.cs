using System.Text;
using System.Text.Json;

namespace RaftStream.Integration.Kafka;

/// <summary>A record as kcat read it.</summary>
internal sealed record KcatRecord(
    int Partition, long Offset, string TimestampType, long Timestamp, string? Key, string? Value, IReadOnlyList<(string Name, string? Value)> Headers);

/// <summary>The command kcat, at one broker.</summary>
/// <param name="broker">host:port.</param>
/// <param name="settings">Of librdkafka, <c>name=value</c>.</param>
internal sealed class Kcat(string broker, params string[] settings)
{
    /// <summary>Runs kcat.</summary>
    public Task<ToolRun> RunAsync(ReadOnlyMemory<byte> input, params string[] arguments) =>
        ToolRun.OfAsync("kcat", ["-m", "30", .. arguments, "-b", broker, .. settings.SelectMany(setting => (string[])["-X", setting])], input);

    /// <inheritdoc cref="RunAsync(ReadOnlyMemory{byte}, string[])"/>
    public Task<ToolRun> RunAsync(params string[] arguments) => RunAsync(default, arguments);

    /// <summary>Produces one record per line.</summary>
    public async Task ProduceAsync(string topic, IEnumerable<string> lines, params string[] more) =>
        (await RunAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines)), ["-P", "-t", topic, .. more])).Lines();

    /// <summary>Reads partition 0 to its end, from its beginning unless <paramref name="more"/> says otherwise.</summary>
    public async Task<List<KcatRecord>> ReadAsync(string topic, params string[] more)
    {
        string[] from = more.Contains("-o") ? [] : ["-o", "beginning"];
        string[] partition = more.Contains("-p") ? [] : ["-p", "0"];
        ToolRun run = await RunAsync(["-C", "-t", topic, "-e", "-q", "-J", .. from, .. partition, .. more]);
        return [.. run.Lines().Select(Parse)];
    }

    private static KcatRecord Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        JsonElement record = json.RootElement;
        string?[] headers = record.TryGetProperty("headers", out JsonElement list) ? [.. list.EnumerateArray().Select(one => one.GetString())] : [];
        return new KcatRecord(
            record.GetProperty("partition").GetInt32(),
            record.GetProperty("offset").GetInt64(),
            record.GetProperty("tstype").GetString()!,
            record.GetProperty("ts").GetInt64(),
            record.GetProperty("key").GetString(),
            record.GetProperty("payload").GetString(),
            [.. headers.Chunk(2).Select(pair => (pair[0]!, pair[1]))]);
    }
}
