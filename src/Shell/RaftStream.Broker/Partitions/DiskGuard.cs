using Microsoft.Extensions.Logging;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>Refuses produce requests, and what leaders send, before the disk is full, so that metadata and checkpoints can still be written .</summary>
/// <remarks>The folder counts appended bytes off between two looks, so that a fast producer cannot slip through.</remarks>
internal sealed class DiskGuard(LogDirectory directory, ILogger logger)
{
    private readonly Lock _gate = new();
    private bool _toldFull;

    /// <summary>False while records are refused.</summary>
    public bool HasRoom => directory.HasRoom;

    /// <summary>Asks the file system again.</summary>
    public void Look()
    {
        lock (_gate)
        {
            directory.RefreshFreeSpace();
            bool full = !directory.HasRoom;
            if (full == _toldFull)
            {
                return;
            }

            _toldFull = full;
            if (full)
            {
                BrokerLog.DiskFull(logger);
            }
            else
            {
                BrokerLog.DiskHasRoom(logger);
            }
        }
    }
}
