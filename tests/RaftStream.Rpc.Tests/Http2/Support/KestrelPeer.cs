using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RaftStream.Rpc.Tests.Http2.Support;

/// <summary>Kestrel with one handler for every call: a real HTTP/2 server whose every answer a test decides.</summary>
internal sealed class KestrelPeer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelPeer(WebApplication app) => _app = app;

    public string Address => _app.Services.GetRequiredService<IServer>().Features
        .GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();

    public static async Task<KestrelPeer> StartAsync(
        RequestDelegate handler, Action<KestrelServerOptions>? configure = null, Action<ListenOptions>? listen = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
            options.Limits.Http2.MaxFrameSize = 1024 * 1024;
            configure?.Invoke(options);
            options.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http2;
                listen?.Invoke(endpoint);
            });
        });
        WebApplication app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        return new KestrelPeer(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>gRPC framing on a raw request and response, for handlers of <see cref="KestrelPeer"/>.</summary>
internal static class RawGrpc
{
    /// <summary>The next request, null at the end.</summary>
    public static async Task<byte[]?> ReadMessageAsync(this HttpContext context)
    {
        while (true)
        {
            System.IO.Pipelines.ReadResult result = await context.Request.BodyReader.ReadAsync();
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (TryCut(buffer, out byte[] message, out SequencePosition end))
            {
                context.Request.BodyReader.AdvanceTo(end);
                return message;
            }

            if (result.IsCompleted)
            {
                Assert.True(buffer.IsEmpty, "The client ended its requests in the middle of a message.");
                return null;
            }

            context.Request.BodyReader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Sends one response.</summary>
    public static async Task WriteMessageAsync(this HttpContext context, byte[] message)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/grpc";
        }

        byte[] framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        await context.Response.BodyWriter.WriteAsync(framed);
    }

    /// <summary>Ends the call; as trailers only when nothing was sent before.</summary>
    public static void End(this HttpContext context, int status = 0, string? message = null)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/grpc";
        }

        IHeaderDictionary place = context.Response.HasStarted
            ? context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : context.Response.Headers;
        place["grpc-status"] = status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (message is not null)
        {
            place["grpc-message"] = message;
        }
    }

    private static bool TryCut(ReadOnlySequence<byte> buffer, out byte[] message, out SequencePosition end)
    {
        message = [];
        end = default;
        if (buffer.Length < 5)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(buffer.Slice(1, 4).ToArray());
        if (buffer.Length < 5 + length)
        {
            return false;
        }

        message = buffer.Slice(5, length).ToArray();
        end = buffer.GetPosition(5 + length);
        return true;
    }
}
