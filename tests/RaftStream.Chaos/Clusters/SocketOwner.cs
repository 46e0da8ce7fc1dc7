using System.Globalization;

namespace RaftStream.Chaos.Clusters;

/// <summary>Which process has the other end of a connection on this machine: what /proc says.</summary>
internal static class SocketOwner
{
    /// <summary>Which of some processes has a socket that is bound to a local port and connected to another.</summary>
    /// <returns>The process; null when none of them has.</returns>
    public static int? Find(int localPort, int remotePort, IEnumerable<int> processes)
    {
        string? inode = FindInode(File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")), localPort, remotePort);
        if (inode is null or "0")
        {
            return null;
        }

        string link = $"socket:[{inode}]";
        foreach (int process in processes)
        {
            if (Has(process, link))
            {
                return process;
            }
        }

        return null;
    }

    /// <summary>The socket's number in lines of /proc/net/tcp.</summary>
    internal static string? FindInode(IEnumerable<string> lines, int localPort, int remotePort)
    {
        string local = string.Create(CultureInfo.InvariantCulture, $":{localPort:X4}");
        string remote = string.Create(CultureInfo.InvariantCulture, $":{remotePort:X4}");
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 9 && words[1].EndsWith(local, StringComparison.Ordinal) && words[2].EndsWith(remote, StringComparison.Ordinal))
            {
                return words[9];
            }
        }

        return null;
    }

    private static bool Has(int process, string link)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget == link);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended.
        }
    }
}
