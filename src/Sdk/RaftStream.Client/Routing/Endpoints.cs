namespace RaftStream.Client.Routing;

/// <summary>The form of broker addresses.</summary>
internal static class Endpoints
{
    /// <summary>Throws unless there is at least one endpoint and all are <c>host:port</c>, with or without <c>http(s)://</c>.</summary>
    public static void Check(IReadOnlyList<string> endpoints)
    {
        if (endpoints.Count == 0)
        {
            throw new ArgumentException("No bootstrap endpoint was given: name at least one broker as host:port.");
        }

        foreach (string endpoint in endpoints)
        {
            string address = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"http://{endpoint}";
            bool isGood = Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
                && uri.Scheme is "http" or "https"
                && uri is { Host.Length: > 0, PathAndQuery: "/" }
                && address.LastIndexOf(':') > address.LastIndexOf('/') && address[^1] is >= '0' and <= '9';
            if (!isGood)
            {
                throw new ArgumentException($"\"{endpoint}\" is not the address of a broker: it must be host:port, e.g. 127.0.0.1:9090.");
            }
        }
    }
}
