namespace RaftStream.Contracts.Wire;

/// <summary>Bytes from the peer are not a message: the call fails with a status, the connection and the node go on.</summary>
public sealed class MalformedMessageException(string message) : IOException(message);
