using System.Runtime.InteropServices;
using RaftStream.Cli;
using RaftStream.Cli.Commands;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

// The broker's own start does not wait for the command tree, tables and parsers to be loaded.
if (args is ["server", ..] && !ServerCommand.IsHelp(args))
{
    return await ServerCommand.RunAsync(args[1..]).ConfigureAwait(false);
}

using var stopping = new CancellationTokenSource();
int? stoppedBy = null;
void Stop(PosixSignalContext signal)
{
    // The first time the command may tidy up; the second time the process just ends.
    signal.Cancel = stoppedBy is null;
    stoppedBy = signal.Signal == PosixSignal.SIGTERM ? ExitCode.Terminated : ExitCode.Interrupted;
    stopping.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var console = CliConsole.OfProcess();
int exitCode = await CommandRunner.RunAsync(args, console, stopping.Token).ConfigureAwait(false);
return exitCode == ExitCode.Interrupted && stoppedBy is { } signalled ? signalled : exitCode;
