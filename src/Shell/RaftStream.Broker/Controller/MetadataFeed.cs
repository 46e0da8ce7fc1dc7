using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Controller;

/// <summary>Leads what the quorum publishes to the broker beside it, which starts later. Thread-safe; never blocks.</summary>
public sealed class MetadataFeed
{
    private readonly Lock _lock = new();
    private long _lastPublished = System.Diagnostics.Stopwatch.GetTimestamp();
    private MetadataImage _latest = MetadataImage.Empty;
    private Action<PublishedChange?, MetadataImage>? _follower;

    /// <summary>How long nothing was published: with an idle leader that is at most half a second (C-14.6), more says that this node lags or is cut off.</summary>
    public TimeSpan Silence => System.Diagnostics.Stopwatch.GetElapsedTime(Volatile.Read(ref _lastPublished));

    /// <summary>Takes what was published; the change is null after a snapshot.</summary>
    public void Publish(PublishedChange? change, MetadataImage image)
    {
        lock (_lock)
        {
            _latest = image;
            Volatile.Write(ref _lastPublished, System.Diagnostics.Stopwatch.GetTimestamp());
            _follower?.Invoke(change, image);
        }
    }

    /// <summary>Gives the follower the latest image, and from then on every change of it.</summary>
    internal void Attach(Action<PublishedChange?, MetadataImage> follower)
    {
        lock (_lock)
        {
            follower(null, _latest);
            _follower = follower;
        }
    }
}
