namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>What is wrong with a schema file, and where.</summary>
/// <param name="line">From 0.</param>
/// <param name="message">A sentence.</param>
public sealed class SchemaError(int line, string message)
{
    /// <summary>Line of the file, from 0.</summary>
    public int Line { get; } = line;

    /// <summary>What is wrong, a sentence.</summary>
    public string Message { get; } = message;
}
