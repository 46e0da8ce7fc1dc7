using RaftStream.Server.Settings;

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
    public static Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
