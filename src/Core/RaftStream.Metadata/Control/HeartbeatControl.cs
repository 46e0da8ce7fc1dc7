using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>What a broker says a few times a second (C-14.10).</summary>
/// <param name="Id">Who.</param>
/// <param name="Epoch">Its registration.</param>
/// <param name="AppliedEnd">Exclusive end of the metadata that it has applied.</param>
/// <param name="WantFence">It does not want to lead now; it must all the same while no other broker is active.</param>
/// <param name="WantShutdown">It wants to stop in good order.</param>
public sealed record Heartbeat(NodeId Id, BrokerEpoch Epoch, long AppliedEnd, bool WantFence = false, bool WantShutdown = false);

/// <summary>What the controller says to that.</summary>
/// <param name="IsCaughtUp">It has applied its own registration.</param>
/// <param name="IsFenced">It leads nothing and is in no ISR.</param>
/// <param name="ShouldShutdown">It may stop now: nobody needs it any more.</param>
/// <param name="Error">STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED, or null.</param>
public sealed record HeartbeatAnswer(bool IsCaughtUp, bool IsFenced, bool ShouldShutdown, OperationError? Error);

/// <summary>Moves brokers between fenced, unfenced and shutting down: the table of C-14.10.</summary>
public static class HeartbeatControl
{
    /// <summary>
    /// Partitions that one decision moves away from a broker. Default 5,000, some 20 ms: a broker of hundreds of thousands
    /// is taken out piece by piece, and everything else that is asked comes in between (C-14.6).
    /// </summary>
    public const int MostPartitionsAtOnce = 5_000;

    /// <summary>Takes a heartbeat; most of them change nothing.</summary>
    /// <returns>The operation; its answer is a <see cref="HeartbeatAnswer"/>.</returns>
    public static ControllerOperation Take(Heartbeat heartbeat) =>
        new("heartbeat", view => Decide(view, heartbeat), StrongRead: false);

    /// <summary>Fences the one broker that was silent longest: the next one is decided on what this one leaves (C-14.6, P33).</summary>
    public static ControllerOperation FenceOne() => new("fence broker", view =>
    {
        BrokerRegistration? silent = view.Sessions.FirstExpired(view.Latest.Brokers, view.NowMs);
        return new OperationDecision(
            silent is null ? [] : BrokerControl.Fence(view.Latest, silent.Id, silent.Epoch, MostPartitionsAtOnce, view.Settings).Records, _ => silent?.Id);
    });

    private static OperationDecision Decide(ControllerView view, Heartbeat heartbeat)
    {
        BrokerRegistration? broker = view.Latest.Brokers.Find(heartbeat.Id);
        if (broker is null || broker.Epoch != heartbeat.Epoch)
        {
            var error = broker is null
                ? new OperationError(ErrorCode.BrokerIdNotRegistered, $"Broker {heartbeat.Id} is not registered.")
                : new OperationError(ErrorCode.StaleBrokerEpoch, $"Broker {heartbeat.Id} has registered anew since broker epoch {heartbeat.Epoch.Value}.");
            return new OperationDecision([], _ => new HeartbeatAnswer(false, true, false, error));
        }

        view.Sessions.Touch(broker.Id, broker.Epoch, heartbeat.AppliedEnd, view.NowMs);

        // the last broker that is active is more use without room than fenced, when nothing could even be read.
        if (heartbeat is { WantFence: true, WantShutdown: false } && !view.Latest.Brokers.ById.Values.Any(other => other.Id != broker.Id && other.IsActive))
        {
            heartbeat = heartbeat with { WantFence = false };
        }

        // Compared with its own registration and not with the end of a log that always grows (P31).
        bool caughtUp = heartbeat.AppliedEnd > broker.Epoch.Value;
        bool stop = MayStop(view, broker, heartbeat);
        if (stop)
        {
            view.Sessions.Forget(broker.Id);
        }

        ImmutableArray<MetadataRecord> records = Records(view, broker, heartbeat, caughtUp, stop);
        return new OperationDecision(
            records, after => new HeartbeatAnswer(caughtUp, after.Brokers.Find(broker.Id) is not { Fenced: false }, stop, null));
    }

    private static bool MayStop(ControllerView view, BrokerRegistration broker, Heartbeat heartbeat)
    {
        if (!heartbeat.WantShutdown)
        {
            return false;
        }

        if (broker.Fenced || (heartbeat.WantFence && !broker.ShuttingDown))
        {
            return true;
        }

        return !LeadsAnything(view.Latest, broker.Id)
            && (!broker.ShuttingDown || view.Sessions.LowestAppliedEnd(view.Latest.Brokers) >= broker.ControlledShutdownOffset);
    }

    private static ImmutableArray<MetadataRecord> Records(
        ControllerView view, BrokerRegistration broker, Heartbeat heartbeat, bool caughtUp, bool stop)
    {
        MetadataImage image = view.Latest;
        if (broker.Fenced)
        {
            return !heartbeat.WantFence && !heartbeat.WantShutdown && caughtUp
                ? BrokerControl.Unfence(image, broker.Id, broker.Epoch, view.Settings).Records
                : [];
        }

        if (stop || (heartbeat.WantFence && !broker.ShuttingDown))
        {
            return BrokerControl.Fence(image, broker.Id, broker.Epoch, stop ? int.MaxValue : MostPartitionsAtOnce, view.Settings).Records;
        }

        return heartbeat.WantShutdown && !broker.ShuttingDown
            ? BrokerControl.BeginShutdown(image, broker.Id, broker.Epoch, MostPartitionsAtOnce, view.Settings).Records
            : [];
    }

    private static bool LeadsAnything(MetadataImage image, NodeId id) =>
        image.Topics.OfBroker(id).Any(found => found.Partition.Leader == id);
}
