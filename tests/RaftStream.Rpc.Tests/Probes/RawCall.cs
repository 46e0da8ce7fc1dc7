using System.Net;

namespace RaftStream.Rpc.Tests.Probes;

/// <summary>What came back, as HTTP sees it.</summary>
internal sealed record RawAnswer(HttpStatusCode HttpStatus, string? ContentType, string? GrpcStatus, string? GrpcMessage, byte[] Body, string? GrpcAcceptEncoding);

/// <summary>Calls with bodies and headers that no gRPC client would send.</summary>
internal static class RawCall
{
    public static async Task<RawAnswer> SendAsync(
        IPEndPoint server,
        string path,
        byte[] body,
        string contentType = "application/grpc",
        (string Name, string Value)[]? headers = null,
        HttpMethod? method = null)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, $"http://{server}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        foreach ((string name, string value) in headers ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await http.SendAsync(request, CancellationToken.None);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        return new RawAnswer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            Find(response, "grpc-status"),
            Find(response, "grpc-message"),
            answer,
            Find(response, "grpc-accept-encoding"));
    }

    private static string? Find(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? inHeaders) ? inHeaders.First()
        : response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? inTrailers) ? inTrailers.First()
        : null;
}
