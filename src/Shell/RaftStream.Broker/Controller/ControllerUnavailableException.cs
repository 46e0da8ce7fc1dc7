using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>The controller is not there, or has no room for another request.</summary>
/// <param name="code">NOT_CONTROLLER when there is none for too long, THROTTLING_QUOTA_EXCEEDED when too many requests wait.</param>
public sealed class ControllerUnavailableException(ErrorCode code, string message) : Exception(message)
{
    /// <summary>What clients are told.</summary>
    public ErrorCode Code { get; } = code;
}
