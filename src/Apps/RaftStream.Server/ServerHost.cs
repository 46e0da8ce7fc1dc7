using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
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
    private static readonly TimeSpan LongestRelease = TimeSpan.FromSeconds(2);

    /// <summary>Runs until SIGTERM, SIGINT or <paramref name="cancellationToken"/>; log lines go to standard output, errors to standard error.</summary>
    /// <param name="arguments">Settings as <c>--key value</c> or <c>--key=value</c>; <see cref="SettingsHelp"/> lists them.</param>
    /// <returns>The exit code of the process, a <see cref="ServerExitCode"/>.</returns>
    public static Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default) =>
        RunAsync(arguments, new Surroundings(), cancellationToken);

    /// <summary>The same with settings from elsewhere.</summary>
    /// <returns>The exit code of the process, a <see cref="ServerExitCode"/>.</returns>
    public static Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return RunAsync(settings, new Surroundings(), cancellationToken);
    }

    /// <summary>The same on another machine, so to speak.</summary>
    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings surroundings, CancellationToken cancellationToken = default)
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

        return await RunAsync(settings, surroundings, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(ServerSettings settings, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var lines = new LineWriter(Console.OpenStandardOutput());
        await using ConfiguredAsyncDisposable linesEnd = lines.ConfigureAwait(false);
        using var loggers = new ServerLogging(lines, settings.LoggingLevel, surroundings.Time);
        using var signals = new StopSignals(cancellationToken);
        var node = new ServerNode(settings, surroundings, loggers);
        try
        {
            return (int)await ServeAsync(node, settings, signals, loggers.CreateLogger("RaftStream.Server")).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals.Asked.IsCancellationRequested)
        {
            return (int)ServerExitCode.Clean; // asked to stop before it was ready
        }
        catch (StartupException exception)
        {
            return (int)await FailAsync(exception.Message).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The last place that can say what happened.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (int)await FailAsync($"this is a bug in RaftStream, please report it: {exception}").ConfigureAwait(false);
        }
        finally
        {
            // What is stuck (a disk that does not answer) must not keep the process.
            Task released = node.DisposeAsync().AsTask();
            await Task.WhenAny(released, Task.Delay(LongestRelease, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private static async Task<ServerExitCode> ServeAsync(ServerNode node, ServerSettings settings, StopSignals signals, ILogger logger)
    {
        Task asked = UntilCanceledAsync(signals.Asked);
        Task started = node.StartAsync(signals.Asked);
        await Task.WhenAny(started, UntilCanceledAsync(signals.Impatient)).ConfigureAwait(false);
        if (!started.IsCompleted)
        {
            ServerLog.CutShort(logger, "asked twice");
            return ServerExitCode.Failed;
        }

        await started.ConfigureAwait(false);
        Task<string> failed = node.WaitForFailureAsync();
        await Task.WhenAny(asked, failed).ConfigureAwait(false);
        if (failed.IsCompleted)
        {
            string reason = await failed.ConfigureAwait(false);
            return await FailAsync($"the broker can go on no more: {reason}").ConfigureAwait(false);
        }

        ServerLog.Stopping(logger, signals.Reason);
        using var tooLate = CancellationTokenSource.CreateLinkedTokenSource(signals.Impatient);
        tooLate.CancelAfter(settings.ShutdownTimeout);
        Task stopped = node.StopAsync();
        await Task.WhenAny(stopped, UntilCanceledAsync(tooLate.Token)).ConfigureAwait(false);
        if (!stopped.IsCompleted)
        {
            ServerLog.CutShort(logger, signals.Impatient.IsCancellationRequested ? "asked twice" : "shutdown.timeout.ms is over");
            return ServerExitCode.Failed;
        }

        await stopped.ConfigureAwait(false);
        return ServerExitCode.Clean;
    }

    private static async Task<ServerExitCode> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync($"error: {message}").ConfigureAwait(false);
        return ServerExitCode.Failed;
    }

    private static Task UntilCanceledAsync(CancellationToken cancellationToken)
    {
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellationToken.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), canceled);
        return canceled.Task;
    }
}
