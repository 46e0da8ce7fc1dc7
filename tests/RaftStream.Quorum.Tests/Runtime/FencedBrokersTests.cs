using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Runtime;

namespace RaftStream.Quorum.Tests.Runtime;

/// <summary>A broker that is taken for dead counts once; one that leaves or comes back does not (C-14.10).</summary>
public sealed class FencedBrokersTests
{
    private static readonly BrokerRegistration Active = new()
    {
        Id = new NodeId(4),
        Epoch = new BrokerEpoch(7),
        IncarnationId = Guid.NewGuid(),
        LogDirectoryId = Guid.NewGuid(),
        Endpoints = [],
        Fenced = false,
    };

    [Fact]
    public void A_broker_that_fell_silent_counts_once()
    {
        BrokerRegistration fenced = Active with { Fenced = true };

        Assert.Equal(1, Count(Active, fenced, fenced with { Rack = "b" }));
    }

    [Fact]
    public void A_broker_that_leaves_in_good_order_or_begins_anew_does_not_count()
    {
        Assert.Equal(0, Count(Active, Active with { ShuttingDown = true }, Active with { ShuttingDown = true, Fenced = true }));
        Assert.Equal(0, Count(Active, Active with { Epoch = new BrokerEpoch(8), Fenced = true }));
    }

    private static long Count(params BrokerRegistration[] history)
    {
        using var metrics = new QuorumMetrics(() => null, () => true);
        long counted = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "raftstream.brokers.fenced" && ReferenceEquals(instrument.Meter, metrics.Meter))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => counted += value);
        listener.Start();
        var fenced = new FencedBrokers(metrics, NullLogger.Instance);
        BrokersImage before = BrokersImage.Empty;
        foreach (BrokerRegistration registration in history)
        {
            var after = new BrokersImage(ImmutableSortedDictionary<NodeId, BrokerRegistration>.Empty.Add(registration.Id, registration));
            fenced.Look(before, after);
            before = after;
        }

        return counted;
    }
}
