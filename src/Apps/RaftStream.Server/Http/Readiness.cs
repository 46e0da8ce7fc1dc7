namespace RaftStream.Server.Http;

/// <summary>Whether the node takes requests, and if not, why not. Thread-safe.</summary>
internal sealed class Readiness
{
    private volatile string? _reason = "starting";

    /// <summary>One sentence for people; null when ready.</summary>
    public string? Reason => _reason;

    /// <summary>Requests are taken from now on.</summary>
    public void SetReady() => _reason = null;

    /// <summary>Requests are not taken.</summary>
    public void SetNotReady(string reason) => _reason = reason;
}
