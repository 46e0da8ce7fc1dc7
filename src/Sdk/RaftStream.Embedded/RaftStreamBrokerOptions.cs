using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace RaftStream.Embedded;

/// <summary>How an embedded broker is set up. The defaults suit tests: a fresh broker that leaves nothing behind.</summary>
public sealed record RaftStreamBrokerOptions
{
    /// <summary>
    /// Folder of the data, made when it is not there and kept afterwards. Null is a folder of its own under the system's
    /// temporary one, removed when the broker is disposed. Not used with <see cref="InMemory"/>.
    /// </summary>
    public string? DataDirectory { get; init; }

    /// <summary>Keeps the files in memory: quicker, survives <see cref="RaftStreamBroker.RestartAsync"/>, but nothing else. Default false.</summary>
    public bool InMemory { get; init; }

    /// <summary>Port of the gRPC listener on 127.0.0.1; 0 takes a free one, which stays through restarts. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Serves Kafka clients too, see <see cref="RaftStreamBroker.KafkaEndpoint"/>. Default false.</summary>
    public bool Kafka { get; init; }

    /// <summary>Port of the Kafka listener on 127.0.0.1; 0 takes a free one, which stays through restarts. Default 0.</summary>
    public int KafkaPort { get; init; }

    /// <summary>
    /// Serves TLS with this certificate, which has its private key and names 127.0.0.1; it stays the caller's. Null serves
    /// cleartext. Default null.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Partitions of a topic whose creator does not say. Default 1.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Create topics that clients merely ask for. Default false.</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>Defaults of topic configs, by Kafka's keys, e.g. <c>segment.bytes</c>.</summary>
    public IReadOnlyDictionary<string, string> TopicDefaults { get; init; } = new Dictionary<string, string>();

    /// <summary>Topics that are there when the broker is: name and number of partitions.</summary>
    public IReadOnlyDictionary<string, int> Topics { get; init; } = new Dictionary<string, int>();

    /// <summary>Gets the broker's log lines; null is nobody.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The broker's clock: retention and timestamps of the log. Default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
