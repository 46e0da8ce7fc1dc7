using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>What a broker learns when it registers.</summary>
/// <param name="Epoch">Names its registration; valid without an error.</param>
/// <param name="Error">Null is success.</param>
public sealed record RegistrationAnswer(BrokerEpoch Epoch, OperationError? Error);

/// <summary>Takes registrations of brokers that come from anywhere (C-14.9); <see cref="BrokerControl.Register"/> decides their records.</summary>
public static class RegistrationControl
{
    /// <summary>Registers an incarnation once, however often it asks (P35).</summary>
    /// <returns>The operation; its answer is a <see cref="RegistrationAnswer"/>.</returns>
    public static ControllerOperation Register(ControllerOptions options, Guid clusterId, BrokerStart start)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(start);
        return new ControllerOperation("register broker", view =>
        {
            if (Error(options, view, clusterId, start) is { } error)
            {
                return new OperationDecision([], _ => new RegistrationAnswer(BrokerEpoch.None, error));
            }

            Decision<int> decision = BrokerControl.Register(view.Latest, start, view.Settings);
            return new OperationDecision(decision.Records, after =>
            {
                BrokerEpoch epoch = after.Brokers.ById[start.Id].Epoch;
                view.Sessions.Touch(start.Id, epoch, appliedEnd: 0, view.NowMs);
                return new RegistrationAnswer(epoch, null);
            });
        });
    }

    private static OperationError? Error(ControllerOptions options, ControllerView view, Guid clusterId, BrokerStart start)
    {
        if (clusterId != options.ClusterId)
        {
            return new OperationError(
                ErrorCode.InconsistentClusterId, $"Broker {start.Id} belongs to cluster {clusterId}; this is cluster {options.ClusterId}.");
        }

        if (start.Id.Value < 0)
        {
            return new OperationError(ErrorCode.InvalidRegistration, $"A broker's number is 0 or more, and this one is {start.Id}.");
        }

        BrokersImage brokers = view.Latest.Brokers;
        BrokerRegistration? old = brokers.Find(start.Id);
        if (old is not null
            && old.IncarnationId != start.IncarnationId
            && view.Sessions.IsLive(start.Id, old.Epoch, view.NowMs))
        {
            return new OperationError(
                ErrorCode.DuplicateBrokerRegistration, $"Another process runs as broker {start.Id}. Stop it, or wait until its session has ended.");
        }

        BrokerRegistration? owner = brokers.ById.Values.FirstOrDefault(
            b => b.Id != start.Id && b.LogDirectoryId == start.LogDirectoryId);
        return owner is null
            ? FeatureError(view.Latest, start)
            : new OperationError(
                ErrorCode.InvalidRegistration, $"The data folder {start.LogDirectoryId} of broker {start.Id} is that of broker {owner.Id}: it was copied.");
    }

    /// <summary>The broker must be able to work with every level in force.</summary>
    private static OperationError? FeatureError(MetadataImage image, BrokerStart start)
    {
        foreach ((string name, int level) in image.Features)
        {
            SupportedFeature range = start.Features.FirstOrDefault(f => f.Name == name, new SupportedFeature(name, 0, 0));
            if (level < range.MinLevel || level > range.MaxLevel)
            {
                return new OperationError(
                    ErrorCode.UnsupportedVersion,
                    $"Broker {start.Id} works with {name} from {range.MinLevel} to {range.MaxLevel}, and the cluster is at level {level}.");
            }
        }

        return null;
    }
}
