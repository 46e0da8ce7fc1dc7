using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace RaftStream.Server.Metrics;

/// <summary>Pushes all metrics to an OpenTelemetry collector.</summary>
internal static class OtlpPush
{
    /// <summary>Starts pushing; dispose to push the last values and stop.</summary>
    /// <remarks>Not inlined, so that OpenTelemetry's assemblies are loaded only by those who use it.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IDisposable Start(ServerSettings settings, Uri endpoint) =>
        Sdk.CreateMeterProviderBuilder()
            .AddMeter($"{MetricsCollector.OwnMeters}*", MetricsCollector.RuntimeMeter)
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = endpoint;
                exporter.Protocol = settings.OtlpOverHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.OtlpInterval.TotalMilliseconds;
            })
            .Build();
}
