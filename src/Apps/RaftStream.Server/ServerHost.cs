using System.Runtime.CompilerServices;
using RaftStream.Server.Logging;
using RaftStream.Server.Settings;
using RaftStream.Server.Startup;

namespace RaftStream.Server;

/// <summary>What a server process ends with.</summary>
public enum ServerExitCode
{
    /// <summary>Stopped as asked, everything closed cleanly.</summary>
    Clean = 0,

    /// <summary>Could not start, or failed while running; what happened was said on standard error.</summary>
    Failed = 1,

    /// <summary>The settings are wrong; each mistake was said on standard error.</summary>
    BadSettings = 2,
}

/// <summary>One RaftStream server as a whole process: settings, data folder, broker, ports, signals.</summary>
public static class ServerHost
{
    /// <summary>Runs until SIGTERM, SIGINT or <paramref name="cancellationToken"/>; log lines go to standard output, errors to standard error.</summary>
    /// <param name="arguments">Settings as <c>--key value</c> or <c>--key=value</c>; <see cref="SettingsHelp"/> lists them.</param>
    /// <returns>The exit code of the process, a <see cref="ServerExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        ServerSettings settings;
        try
        {
            settings = SettingsReader.Read(arguments);
        }
        catch (SettingsException exception)
        {
            await Console.Error.WriteLineAsync($"error: {exception.Message}").ConfigureAwait(false);
            return (int)ServerExitCode.BadSettings;
        }

        return await RunAsync(settings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same with settings from elsewhere.</summary>
    /// <returns>The exit code of the process, a <see cref="ServerExitCode"/>.</returns>
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var lines = new LineWriter(Console.OpenStandardOutput());
        await using ConfiguredAsyncDisposable linesEnd = lines.ConfigureAwait(false);
        using var loggers = new ServerLogging(lines, settings.LoggingLevel, TimeProvider.System);
        using var signals = new StopSignals(cancellationToken);
        var node = new ServerNode(settings, loggers);
        await using ConfiguredAsyncDisposable nodeEnd = node.ConfigureAwait(false);
        try
        {
            await node.StartAsync(signals.Asked).ConfigureAwait(false);
            await node.WaitAsync(signals).ConfigureAwait(false);
            return (int)ServerExitCode.Clean;
        }
        catch (OperationCanceledException) when (signals.Asked.IsCancellationRequested)
        {
            return (int)ServerExitCode.Clean; // asked to stop before it was ready
        }
        catch (StartupException exception)
        {
            await Console.Error.WriteLineAsync($"error: {exception.Message}").ConfigureAwait(false);
            return (int)ServerExitCode.Failed;
        }
#pragma warning disable CA1031 // The last place that can say what happened.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"error: this is a bug in RaftStream, please report it: {exception}").ConfigureAwait(false);
            return (int)ServerExitCode.Failed;
        }
    }
}
