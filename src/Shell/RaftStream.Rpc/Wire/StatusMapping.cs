using System.Globalization;
using Grpc.Core;

namespace RaftStream.Rpc.Wire;

/// <summary>How outcomes of the layers below become gRPC statuses (tables of the gRPC HTTP/2 mapping).</summary>
internal static class StatusMapping
{
    private static readonly string[] Numbers =
        [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The <c>grpc-status</c> header.</summary>
    public static string Format(StatusCode code) => Numbers[(int)code];

    /// <summary>Reads <c>grpc-status</c>; numbers beyond those known are Unknown, false is no number at all.</summary>
    public static bool TryParse(ReadOnlySpan<char> header, out StatusCode code)
    {
        if (!int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            code = StatusCode.Unknown;
            return false;
        }

        code = number <= (int)StatusCode.Unauthenticated ? (StatusCode)number : StatusCode.Unknown;
        return true;
    }

    /// <summary>The status of an answer that has no <c>grpc-status</c>, only an HTTP status.</summary>
    public static StatusCode FromHttpStatus(int httpStatus) => httpStatus switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>The status of a stream that ended with RST_STREAM, by its HTTP/2 error code.</summary>
    public static StatusCode FromHttp2Error(long errorCode) => errorCode switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM: not processed, safe to retry
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    /// <summary>The status of an ended call from its trailers, or from the headers of a trailers-only answer.</summary>
    /// <param name="grpcStatus">Value of <c>grpc-status</c>; null when absent.</param>
    /// <param name="grpcMessage">Value of <c>grpc-message</c>, as received; null when absent.</param>
    /// <param name="httpStatus">The <c>:status</c> of the answer.</param>
    public static Status FromTrailers(string? grpcStatus, string? grpcMessage, int httpStatus)
    {
        if (grpcStatus is not null)
        {
            return TryParse(grpcStatus, out StatusCode code)
                ? new Status(code, grpcMessage is null ? "" : StatusMessage.Decode(grpcMessage))
                : new Status(StatusCode.Unknown, $"The server sent a grpc-status that is no number: \"{grpcStatus}\".");
        }

        return httpStatus == 200
            ? new Status(StatusCode.Internal, "The server ended the call without a grpc-status.")
            : new Status(FromHttpStatus(httpStatus), $"The server answered with HTTP status {httpStatus} and without a grpc-status.");
    }
}
