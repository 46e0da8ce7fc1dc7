using RaftStream.Model;

namespace RaftStream.Client;

/// <summary>A request that a broker refused, or that never reached one.</summary>
/// <remarks>The message is a sentence for people: what happened and what to do about it.</remarks>
public class RaftStreamException : Exception
{
    /// <summary>A failure of kind <paramref name="code"/> (not <see cref="ErrorCode.None"/>).</summary>
    public RaftStreamException(ErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>Kafka's number and name of the failure.</summary>
    public ErrorCode Code { get; }

    /// <summary>True when the same request may succeed later. The SDK has already retried for as long as it was told to.</summary>
    public bool IsRetriable => Code.IsRetriable();
}
