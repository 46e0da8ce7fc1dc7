using System.Runtime.InteropServices;

namespace RaftStream.Chaos.Clusters;

/// <summary>Signals to another process.</summary>
internal static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>False when there is no such process.</summary>
    public static bool Send(int processId, int signal) => KillCore(processId, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int KillCore(int processId, int signal);
}
