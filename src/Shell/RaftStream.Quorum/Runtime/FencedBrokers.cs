using Microsoft.Extensions.Logging;
using RaftStream.Metadata.Images;

namespace RaftStream.Quorum.Runtime;

/// <summary>Counts the brokers that the controller here has fenced because they were silent: not those that leave in good order, nor those that begin anew (C-14.10).</summary>
internal sealed class FencedBrokers(QuorumMetrics metrics, ILogger logger)
{
    /// <summary>Looks at what a change of the metadata did.</summary>
    public void Look(BrokersImage before, BrokersImage after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        foreach (BrokerRegistration broker in after.ById.Values)
        {
            if (broker.Fenced && before.Find(broker.Id) is { IsActive: true } known && known.Epoch == broker.Epoch)
            {
                metrics.Fenced();
                QuorumLog.Fenced(logger, broker.Id, broker.Epoch);
            }
        }
    }
}
