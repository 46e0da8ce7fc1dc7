using System.Runtime.InteropServices;

namespace RaftStream.Cli.Processes;

/// <summary>Signals to other processes, which the framework can only kill.</summary>
internal static partial class Signals
{
    private const int Terminate = 15;

    /// <summary>Asks a process to stop.</summary>
    public static void SendTerminate(int pid) => _ = Kill(pid, Terminate);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
