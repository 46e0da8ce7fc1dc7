using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Exchanges;

/// <summary>An API that the door serves.</summary>
/// <param name="Info">What the codec knows of it.</param>
/// <param name="MinVersion">First version that is advertised.</param>
/// <param name="MaxVersion">Last version that is advertised and served.</param>
/// <param name="NewExchange">Makes what serves one request at a time.</param>
internal sealed record ServedApi(ApiInfo Info, short MinVersion, short MaxVersion, Func<ServedApi, Exchange> NewExchange)
{
    /// <summary>Its name, for metrics.</summary>
    public KeyValuePair<string, object?> MetricTag { get; } = new("api", Info.Name);

    /// <summary>True when requests of this version are taken. Produce is advertised from 0 and taken from 3 (KAFKA-18659).</summary>
    public bool Serves(short version) => version >= MinVersion && version <= MaxVersion && Info.Knows(version);
}

/// <summary>All APIs that the door serves: what is advertised, and who answers.</summary>
internal sealed class ServedApis
{
    private readonly ServedApi?[] _byKey = new ServedApi?[(short)ApiTable.All[^1].Key + 1];

    /// <summary>By key, ascending.</summary>
    public IEnumerable<ServedApi> InOrder => _byKey.OfType<ServedApi>();

    /// <summary>The API of a number from the wire; null when it is not served.</summary>
    public ServedApi? Find(short key) => key >= 0 && key < _byKey.Length ? _byKey[key] : null;

    /// <summary>Adds an API in all versions that the codec knows.</summary>
    public ServedApis Add<TRequest, TResponse>(ApiKey key, ApiHandler<TRequest, TResponse> handler)
        where TRequest : class, IKafkaMessage, new()
        where TResponse : class, IKafkaMessage, new() =>
        Add(key, api => new ApiExchange<TRequest, TResponse>(handler) { Api = api });

    /// <summary>Adds an API with an exchange of its own.</summary>
    /// <param name="minVersion">First version to advertise; null is the first that the codec knows.</param>
    public ServedApis Add(ApiKey key, Func<ServedApi, Exchange> newExchange, short? minVersion = null)
    {
        ApiInfo info = ApiTable.Get(key);
        _byKey[(short)key] = new ServedApi(info, minVersion ?? info.MinVersion, info.MaxVersion, newExchange);
        return this;
    }
}
