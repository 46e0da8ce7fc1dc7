using System.Net;
using RaftStream.Raft;

namespace RaftStream.Server.Settings;

/// <summary>The settings of the metadata quorum, and of a broker's session with it; a part of <see cref="SettingsSchema"/>.</summary>
public static class QuorumSchema
{
    private const string Quorum = "Quorum";
    private static readonly RaftOptions Times = new();

    /// <summary>Where this node takes the quorum's calls.</summary>
    public static readonly Setting<string> Listen = new(
        "quorum.listen", SettingTypes.Text("IP address:port", CheckListen), "",
        "Address and port to take the calls of other nodes on; * is every address. Needed by every controller of a cluster. Brokers follow each other there too. Empty is a node of its own, or a broker that other brokers reach on the port of its clients.")
    { Section = Quorum };

    /// <summary>Where other nodes reach this one.</summary>
    public static readonly Setting<string> Advertised = new(
        "quorum.advertised", SettingTypes.Text("host:port", text => CheckEndpoint(text, isEmptyGood: true)), "",
        "host:port that other nodes are told to call. Empty is quorum.listen (this machine's name when that is *).")
    { Section = Quorum };

    /// <summary>Whom to ask for the leader.</summary>
    public static readonly Setting<string> BootstrapServers = new(
        "quorum.bootstrap.servers", SettingTypes.Text("host:port, several with commas", CheckServers), "",
        "Controllers to ask who leads while that is not known: their quorum.advertised. One that answers is enough.")
    { Section = Quorum };

    /// <summary>Whether a new controller becomes a voter by itself.</summary>
    public static readonly Setting<bool> AutoJoin = new(
        "quorum.auto.join", SettingTypes.Boolean, false,
        "Let this controller add itself to the voters once it has caught up, in the place of an earlier folder of the same node. Off: raftstream quorum add-voter does it.")
    { Section = Quorum };

    /// <summary>Where the metadata lies.</summary>
    public static readonly Setting<string> Directory = new(
        "quorum.directory", SettingTypes.Path, "",
        "Folder of the metadata log and its snapshots, made by raftstream storage format. Empty is the folder quorum in data.dir.")
    { Section = Quorum };

    /// <summary>TLS certificate between nodes.</summary>
    public static readonly Setting<string> TlsCertificate = new(
        "quorum.tls.certificate", SettingTypes.Path, "",
        "PEM file with this node's certificate for calls between nodes, shown by servers and callers alike. Empty is cleartext.")
    { Section = Quorum };

    /// <summary>Key of the certificate.</summary>
    public static readonly Setting<string> TlsKey = new(
        "quorum.tls.key", SettingTypes.Path, "",
        "PEM file with the private key of quorum.tls.certificate, not encrypted. Empty looks for it in the certificate's file.")
    { Section = Quorum };

    /// <summary>Who signs the certificates of nodes.</summary>
    public static readonly Setting<string> TlsAuthority = new(
        "quorum.tls.ca", SettingTypes.Path, "",
        "PEM file with the authorities that sign the nodes' certificates; a node without one of theirs is not talked to.")
    { Section = Quorum };

    /// <summary>T of the elections.</summary>
    public static readonly Setting<int> ElectionTimeoutMs = new(
        "quorum.election.timeout.ms", SettingTypes.Int(10, 600_000), Times.ElectionTimeoutMs,
        "Milliseconds after which a controller without a leader asks for votes: between once and twice as many, at random.")
    { Section = Quorum };

    /// <summary>When a silent leader is given up.</summary>
    public static readonly Setting<int> FetchTimeoutMs = new(
        "quorum.fetch.timeout.ms", SettingTypes.Int(10, 600_000), Times.FetchTimeoutMs,
        "Milliseconds without an answer of the leader after which a controller asks for an election; a leader that a majority did not call for one and a half times as many resigns.")
    { Section = Quorum };

    /// <summary>When a call is given up.</summary>
    public static readonly Setting<int> RequestTimeoutMs = new(
        "quorum.request.timeout.ms", SettingTypes.Int(10, 600_000), Times.RequestTimeoutMs,
        "Milliseconds after which a call to another node is given up and made again.")
    { Section = Quorum };

    /// <summary>How often a broker reports.</summary>
    public static readonly Setting<int> HeartbeatMs = new(
        "broker.heartbeat.interval.ms", SettingTypes.Int(10, 600_000), 250,
        "Milliseconds between two heartbeats of a broker; below a third of broker.session.timeout.ms.")
    { Section = Quorum };

    /// <summary>When a silent broker is fenced.</summary>
    public static readonly Setting<int> SessionTimeoutMs = new(
        "broker.session.timeout.ms", SettingTypes.Int(40, 3_600_000), 2_000,
        "Milliseconds without a heartbeat after which the controller fences a broker and moves its leaderships. The same on every controller.")
    { Section = Quorum };

    /// <summary>How often leaderships go back to preferred brokers.</summary>
    public static readonly Setting<int> BalanceSeconds = new(
        "leader.imbalance.check.interval.seconds", SettingTypes.Int(0, 86_400), 300,
        "Seconds between two looks at who leads what; a broker that leads too few of the partitions that prefer it gets them back. 0 is never. The same on every controller.")
    { Section = Quorum };

    /// <summary>What is too few.</summary>
    public static readonly Setting<int> ImbalancePercent = new(
        "leader.imbalance.per.broker.percentage", SettingTypes.Int(0, 100), 10,
        "Percent of the partitions that prefer a broker that may be led by others before it gets them back. The same on every controller.")
    { Section = Quorum };

    /// <summary>All of them, in the order in which they are listed.</summary>
    internal static IReadOnlyList<Setting> All { get; } =
    [
        Listen, Advertised, BootstrapServers, AutoJoin, Directory, TlsCertificate, TlsKey, TlsAuthority,
        ElectionTimeoutMs, FetchTimeoutMs, RequestTimeoutMs, HeartbeatMs, SessionTimeoutMs, BalanceSeconds, ImbalancePercent,
    ];

    /// <summary>The address of a <see cref="Listen"/> value; null is none, or not an address.</summary>
    internal static IPEndPoint? ToEndPoint(string text)
    {
        if (!HostAndPort.TryParse(text, leastPort: 0, out string host, out int port))
        {
            return null;
        }

        IPAddress? address = host switch { "*" => IPAddress.Any, "localhost" => IPAddress.Loopback, _ => null };
        return address is not null || IPAddress.TryParse(host, out address) ? new IPEndPoint(address, port) : null;
    }

    private static string? CheckListen(string text) =>
        text.Length == 0 || ToEndPoint(text) is not null
            ? null
            : "must be an IP address of this machine, localhost or *, and a port, e.g. 10.0.0.1:9091";

    private static string? CheckServers(string text) =>
        HostAndPort.Split(text).Select(server => CheckEndpoint(server, isEmptyGood: false)).FirstOrDefault(mistake => mistake is not null);

    private static string? CheckEndpoint(string text, bool isEmptyGood) =>
        (isEmptyGood && text.Length == 0) || HostAndPort.TryParse(text, leastPort: 1, out _, out _)
            ? null
            : "must be host:port, e.g. controller-1.example.org:9091";
}
