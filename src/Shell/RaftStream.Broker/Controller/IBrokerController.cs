using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Controller;

/// <summary>The controller and its metadata as a broker sees them: in this process alone, or of a cluster.</summary>
internal interface IBrokerController
{
    /// <summary>The committed metadata, applied here.</summary>
    MetadataImage Image { get; }

    /// <summary>Has a request answered; its changes are committed, durable and applied on this node when the task completes.</summary>
    /// <exception cref="ControllerUnavailableException">It could not be; NOT_CONTROLLER leaves the outcome unknown.</exception>
    Task<T> AskAsync<T>(ControllerRequest request);
}
