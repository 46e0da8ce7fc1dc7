using RaftStream.Kafka.Exchanges;

namespace RaftStream.Kafka.Connections;

/// <summary>A client asks for an API, or a version of one, that is not served: its answer could not be read, so the connection is closed.</summary>
/// <param name="message">For people.</param>
/// <param name="reason">The same in short, one of few.</param>
internal sealed class NotServedException(string message, string reason) : Exception(message)
{
    /// <summary>In short.</summary>
    public string Reason { get; } = reason;

    /// <summary>An API that is not served in any version.</summary>
    public static NotServedException Of(short key)
    {
        string? name = NameOf(key);
        return new NotServedException($"API {key}{(name is null ? "" : $" ({name})")} is not served here.", $"API {name ?? "without a name"} is not served");
    }

    /// <summary>A version that is not served.</summary>
    public static NotServedException Of(ServedApi api, short version) => new(
        $"Version {version} of {api.Info.Name} is not served here, but {api.Info.MinVersion} to {api.MaxVersion}.",
        $"a version of {api.Info.Name} is not served");

    // Those that clients are likely to ask for: groups, transactions, SASL, ACLs.
    private static string? NameOf(short key) => key switch
    {
        8 => "OffsetCommit",
        9 => "OffsetFetch",
        11 => "JoinGroup",
        12 => "Heartbeat",
        13 => "LeaveGroup",
        14 => "SyncGroup",
        15 => "DescribeGroups",
        16 => "ListGroups",
        17 => "SaslHandshake",
        24 => "AddPartitionsToTxn",
        25 => "AddOffsetsToTxn",
        26 => "EndTxn",
        28 => "TxnOffsetCommit",
        29 => "DescribeAcls",
        30 => "CreateAcls",
        31 => "DeleteAcls",
        36 => "SaslAuthenticate",
        42 => "DeleteGroups",
        47 => "OffsetDelete",
        68 => "ConsumerGroupHeartbeat",
        69 => "ConsumerGroupDescribe",
        _ => null,
    };
}
