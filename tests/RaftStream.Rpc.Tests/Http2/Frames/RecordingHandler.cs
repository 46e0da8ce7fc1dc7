using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Tests.Http2.Frames;

/// <summary>Writes down what a parser found, so that two runs can be compared.</summary>
internal sealed class RecordingHandler : IFrameHandler
{
    private readonly List<Target> _open = [];

    public List<string> Events { get; } = [];

    /// <summary>DATA frames that began and did not end.</summary>
    public int OpenTargets => _open.Count;

    public IDataTarget? BeginData(int streamId, int flowControlledBytes)
    {
        Events.Add($"data {streamId} {flowControlledBytes}");
        if (streamId % 3 == 0)
        {
            return null; // nobody wants it
        }

        _open.Add(new Target());
        return _open[^1];
    }

    public void EndData(IDataTarget? target, int paddingBytes, bool endStream)
    {
        Events.Add($"end {(target as Target)?.Text()} {paddingBytes} {endStream}");
        _open.RemoveAll(open => open == target);
    }

    public void OnHeaders(int streamId, HeaderList headers, bool endStream) => Events.Add(
        $"headers {streamId} {endStream} {headers.IsTooLarge} {string.Join('|', headers.Fields.Select(f => $"{f.Name}={f.Value}"))}");

    public void OnReset(int streamId, Http2ErrorCode code) => Events.Add($"reset {streamId} {code}");

    public void OnSettings(ReadOnlySpan<byte> payload) => Events.Add($"settings {Convert.ToHexString(payload)}");

    public void OnSettingsAck() => Events.Add("settings ack");

    public void OnPing(ulong opaque, bool ack) => Events.Add($"ping {opaque} {ack}");

    public void OnGoAway(int lastStreamId, Http2ErrorCode code, string reason) => Events.Add($"goaway {lastStreamId} {code} {reason}");

    public void OnWindowUpdate(int streamId, int increment) => Events.Add($"window {streamId} {increment}");

    /// <summary>Offers memory of its own in odd sizes, as a message that is half there does.</summary>
    private sealed class Target : IDataTarget
    {
        private readonly List<byte> _bytes = [];
        private byte[] _offered = [];

        public void Append(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

        public Memory<byte> GetMemory(int maxBytes)
        {
            _offered = new byte[Math.Min(maxBytes, 50_000)];
            return _offered;
        }

        public void Advance(int bytes) => _bytes.AddRange(_offered.AsSpan(0, bytes));

        public string Text()
        {
            ulong hash = 14695981039346656037;
            foreach (byte value in _bytes)
            {
                hash = (hash ^ value) * 1099511628211;
            }

            return $"{_bytes.Count} bytes {hash:x}";
        }
    }
}
