namespace RaftStream.Rpc.Wire;

/// <summary>Names and fixed values of the gRPC protocol over HTTP/2.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Te = "te";
    public const string Trailers = "trailers";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Identity = "identity";
    public const string Gzip = "gzip";
    public const string AcceptedEncodings = "identity,gzip";
    public const string UserAgentName = "user-agent";
    public const string UserAgent = "raftstream-dotnet/0.1.0";

    /// <summary>True for <c>application/grpc</c>, <c>application/grpc+proto</c> and the like, with or without parameters.</summary>
    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');

    /// <summary>True when a comma-separated list such as <c>identity,deflate,gzip</c> names <paramref name="encoding"/>.</summary>
    public static bool Lists(string? encodings, string encoding)
    {
        foreach (Range range in encodings.AsSpan().Split(','))
        {
            if (encodings.AsSpan(range).Trim().Equals(encoding, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
