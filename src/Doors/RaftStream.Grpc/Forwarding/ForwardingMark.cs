using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RaftStream.Model;

namespace RaftStream.Grpc.Forwarding;

/// <summary>
/// What a broker writes on a request that it passes on. A request with a mark is never passed on again, so that brokers that
/// take each other for the leader cannot send it round.
/// </summary>
/// <param name="From">The broker that passed it on.</param>
/// <param name="MetadataEnd">Everything of the metadata log that made it do so lies below; who has not applied that much yet, waits.</param>
internal readonly record struct ForwardingMark(NodeId From, long MetadataEnd)
{
    /// <summary>Name of the header.</summary>
    public const string Header = "raftstream-forwarded";

    /// <summary>Headers of a request that is passed on.</summary>
    public global::Grpc.Core.Metadata ToHeaders()
    {
        var headers = new global::Grpc.Core.Metadata();
        headers.Add(Header, string.Create(CultureInfo.InvariantCulture, $"{From.Value};{MetadataEnd}"));
        return headers;
    }

    /// <summary>Reads the mark of a request; one that makes no sense counts as a mark that says nothing.</summary>
    public static bool TryRead([NotNullWhen(true)] global::Grpc.Core.Metadata? headers, out ForwardingMark mark)
    {
        mark = new ForwardingMark(NodeId.None, 0);
        if (headers?.GetValue(Header) is not { } value)
        {
            return false;
        }

        string[] parts = value.Split(';');
        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int node)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long end))
        {
            mark = new ForwardingMark(new NodeId(node), end);
        }

        return true;
    }
}
