using System.Globalization;
using RaftStream.Metadata;
using RaftStream.Metadata.Configs;
using RaftStream.Model;

namespace RaftStream.Broker.Admin;

/// <summary>A topic must not promise to take batches (<c>max.message.bytes</c>) that no request to this broker can carry.</summary>
internal static class LargestBatch
{
    /// <summary>What a request says beside its batch, the longest topic name included, with room to spare.</summary>
    private const int Envelope = 4096;

    /// <summary>Bytes of the largest batch that fits into a request.</summary>
    public static int Of(BrokerLimits limits) => limits.MaxRequestBytes - Envelope;

    /// <summary>What is wrong with these configs; null when nothing is.</summary>
    public static OperationError? Error(BrokerLimits limits, IEnumerable<KeyValuePair<string, string?>> configs)
    {
        foreach ((string key, string? value) in configs)
        {
            if (key == TopicConfigKeys.MaxMessageBytes
                && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long bytes)
                && bytes > Of(limits))
            {
                return new OperationError(ErrorCode.InvalidConfig, string.Create(
                    CultureInfo.InvariantCulture,
                    $"Invalid value {value} for configuration {key}: it must be at most {Of(limits)}, since this broker takes requests of at most {limits.MaxRequestBytes} bytes (socket.request.max.bytes)."));
            }
        }

        return null;
    }
}
