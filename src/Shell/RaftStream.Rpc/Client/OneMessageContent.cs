using System.Net;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Client;

/// <summary>The body of a request with one message.</summary>
internal sealed class OneMessageContent<T>(HttpCall call, Marshaller<T> marshaller, T message) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        bool compress = call.CompressesRequests && (call.WriteFlags & WriteFlags.NoCompress) == 0;
        var buffer = new PooledBuffer();
        try
        {
            MessageSerializer.Write(marshaller, message, buffer, call.ChannelOptions.MaxSendMessageBytes, compress);
            foreach (ReadOnlyMemory<byte> part in buffer.Written)
            {
                await stream.WriteAsync(part, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            buffer.Clear();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
