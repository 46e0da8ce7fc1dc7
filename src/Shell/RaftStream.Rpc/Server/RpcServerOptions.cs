namespace RaftStream.Rpc.Server;

/// <summary>How a server is set up.</summary>
public sealed record RpcServerOptions
{
    /// <summary>The ports, bound together or not at all.</summary>
    public required IReadOnlyList<RpcListener> Listeners { get; init; }

    /// <summary>What clients may use at most.</summary>
    public RpcServerLimits Limits { get; init; } = new();

    /// <summary>What this server is for, as a part of a sentence, for clients that call what is not here. Default empty: nothing is said.</summary>
    public string Purpose { get; init; } = "";

    /// <summary>Compress responses with gzip for clients that accept it. Default false: record batches are compressed by their producers.</summary>
    public bool CompressResponses { get; init; }

    /// <summary>Tell clients such as grpcurl which services there are. Default true: the contracts are public.</summary>
    public bool Reflection { get; init; } = true;
}
