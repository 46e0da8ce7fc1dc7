using RaftStream.Broker;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Grpc.Forwarding;

/// <summary>
/// A request under way to a leader: given up when the metadata say that it leads none of its partitions any more. A leader
/// that hangs, or that was cut off, would otherwise keep the client waiting for as long as its deadline, while another leads.
/// </summary>
internal sealed class WatchedLeader : IDisposable
{
    private readonly LeaderWatch _watch;
    private readonly BrokerApi _api;
    private readonly NodeId _leader;
    private readonly HashSet<TopicPartition> _partitions = [];
    private readonly CancellationTokenSource _end;
    private MetadataImage? _seen;
    private long? _movedAt;

    public WatchedLeader(LeaderWatch watch, BrokerApi api, NodeId leader, CancellationToken cancellationToken)
    {
        (_watch, _api, _leader) = (watch, api, leader);
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _end.Token;
    }

    /// <summary>The client is gone, or the leader is another.</summary>
    public CancellationToken Token { get; }

    /// <summary>True when the request was given up because of another leader.</summary>
    public bool HasMoved { get; private set; }

    /// <summary>Adds a partition of the request.</summary>
    public void Add(TopicPartition partition)
    {
        lock (_partitions)
        {
            if (_partitions.Add(partition))
            {
                _seen = null;
            }
        }
    }

    /// <summary>Looks at the metadata, if there is something new.</summary>
    /// <param name="graceTicks">How long an answer that is on its way already is waited for.</param>
    public void Look(long now, long graceTicks)
    {
        lock (_partitions)
        {
            MetadataImage image = _api.Image;
            if (!ReferenceEquals(image, _seen))
            {
                _seen = image;
                _movedAt = LeadsAny(image) ? null : _movedAt ?? now;
            }

            if (HasMoved || _movedAt is not { } moved || now - moved < graceTicks)
            {
                return;
            }

            HasMoved = true;
        }

        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was answered in this very moment.
        }
    }

    /// <summary>Gives the request up.</summary>
    public Task CancelAsync() => _end.CancelAsync();

    /// <summary>The request is answered.</summary>
    public void Dispose()
    {
        _watch.Remove(this);
        _end.Dispose();
    }

    private bool LeadsAny(MetadataImage image)
    {
        foreach (TopicPartition partition in _partitions)
        {
            if (image.Topics.Find(partition.TopicId) is { } topic && topic.Partitions[partition.Partition].Leader == _leader)
            {
                return true;
            }
        }

        return false;
    }
}
