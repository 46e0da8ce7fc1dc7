namespace Grpc.Core;

/// <summary>Code and one sentence for people; what <c>grpc-status</c> and <c>grpc-message</c> carry.</summary>
/// <param name="StatusCode">The outcome.</param>
/// <param name="Detail">Sent to the peer: no secrets, no stack traces.</param>
/// <param name="DebugException">Local cause for logs; never sent.</param>
public readonly record struct Status(StatusCode StatusCode, string Detail, Exception? DebugException)
{
    /// <summary>OK without detail.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>Cancelled without detail.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    /// <summary>A status without a local cause.</summary>
    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, null)
    {
    }

    /// <summary>Code and detail as one line of a log.</summary>
    public override string ToString() => DebugException is null
        ? $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")"
        : $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\", DebugException=\"{DebugException.GetType()}: {DebugException.Message}\")";
}
