using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RaftStream.Rpc.Server.Hosting;

/// <summary>Builds a Kestrel server out of its own service registrations and nothing else: no host, no configuration, no middleware.</summary>
internal static class KestrelFactory
{
    // Not infinite: Kestrel adds it to a timestamp without a look at the overflow, and idle connections end within a second.
    private static readonly TimeSpan IdleForYears = TimeSpan.FromDays(3650);

    /// <summary>A server that does not listen yet. The provider owns it.</summary>
    /// <param name="configure">Adds the listeners.</param>
    /// <param name="servesWhereReceived">True has connections served on the thread that received, without a way through the pool for each piece.</param>
    public static (ServiceProvider Provider, IServer Server) Create(
        RpcServerLimits limits, BlockMemoryPool memory, ILoggerFactory loggerFactory, Action<KestrelServerOptions> configure, bool servesWhereReceived = false)
    {
        var services = new ServiceCollection();
        services.AddOptions().AddMetrics();
        services.AddSingleton(loggerFactory);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<DiagnosticSource>(new DiagnosticListener("RaftStream.Rpc"));

        new RegistrationsOnly(services).UseKestrelCore();
        services.AddSingleton<IMemoryPoolFactory<byte>>(memory);
        services.Configure<SocketTransportOptions>(options =>
        {
            options.MaxReadBufferSize = limits.ReadBufferBytes;
            options.MaxWriteBufferSize = limits.WriteBufferBytes;
            options.UnsafePreferInlineScheduling = servesWhereReceived;
        });
        services.Configure<KestrelServerOptions>(options =>
        {
            ApplyLimits(options, limits);
            configure(options);
        });

        ServiceProvider provider = services.BuildServiceProvider();
        return (provider, provider.GetRequiredService<IServer>());
    }

    /// <summary>Our limits in Kestrel's terms.</summary>
    internal static void ApplyLimits(KestrelServerOptions options, RpcServerLimits limits)
    {
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = limits.MaxConnections;
        options.Limits.MaxRequestHeadersTotalSize = limits.MaxRequestHeaderBytes;
        options.Limits.MaxResponseBufferSize = limits.WriteBufferBytes;

        // Streams live for days and may be silent for hours: message limits and windows bound them, not sizes and rates.
        // Peers that are gone are found by pings.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.KeepAliveTimeout = IdleForYears;

        Http2Limits http2 = options.Limits.Http2;
        http2.MaxStreamsPerConnection = limits.MaxStreamsPerConnection;
        http2.InitialStreamWindowSize = limits.StreamWindowBytes;
        http2.InitialConnectionWindowSize = limits.ConnectionWindowBytes;
        http2.MaxFrameSize = limits.MaxFrameBytes;
        http2.MaxRequestHeaderFieldSize = limits.MaxRequestHeaderBytes;
        http2.KeepAlivePingDelay = limits.KeepAlivePingDelay;
        http2.KeepAlivePingTimeout = limits.KeepAlivePingTimeout;
    }

    /// <summary>Kestrel registers its services through a web host builder; this one takes them and builds no host.</summary>
    private sealed class RegistrationsOnly(IServiceCollection services) : IWebHostBuilder
    {
#pragma warning disable ASPDEPR008 // the interface still asks for it
        public IWebHost Build() => throw new NotSupportedException("There is no host.");
#pragma warning restore ASPDEPR008

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
        {
            configureServices(new WebHostBuilderContext(), services);
            return this;
        }

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;
    }
}
