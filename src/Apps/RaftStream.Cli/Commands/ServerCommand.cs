using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Server;
using RaftStream.Server.Settings;

namespace RaftStream.Cli.Commands;

/// <summary><c>server</c>: the broker itself. Its options are the server's settings, which the server reads.</summary>
internal static class ServerCommand
{
    /// <summary>True when the settings are asked for, not the server.</summary>
    public static bool IsHelp(string[] args) => args.Any(argument => argument is "--help" or "-h" or "-?" or "/?");

    /// <summary>Runs a server until it is stopped.</summary>
    /// <param name="settings">What follows the word server.</param>
    public static Task<int> RunAsync(string[] settings) => ServerHost.RunAsync(settings);

    /// <summary>For the list of commands, and for its help.</summary>
    public static Command Create()
    {
        CliCommand command = new CliCommand(
            "server",
            "Runs a broker.",
            "raftstream server --data /tmp/rs",
            "raftstream server --data /var/lib/raftstream --grpc-port 9090 --http-port 8080 --logging-level warning")
            .Explained(static () => SettingsHelp.Render());
        // With settings it never gets here: Program sees to that.
        return command.Does(static (_, cancellationToken) => ServerHost.RunAsync([], cancellationToken));
    }
}
