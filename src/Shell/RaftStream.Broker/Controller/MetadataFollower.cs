using System.Collections.Concurrent;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Controller;

/// <summary>Carries out on this broker what the metadata log says, in its order, on a thread of its own: opening files must not hold up the quorum.</summary>
internal sealed class MetadataFollower(PartitionKeeper keeper, ReplicaChannels channels, UncleanElections unclean) : IDisposable
{
    private readonly BlockingCollection<(PublishedChange? Change, MetadataImage Image)> _published = [];
    private readonly Lock _lock = new();
    private readonly Lock _adding = new();
    private readonly SortedDictionary<long, TaskCompletionSource> _waiting = [];
    private volatile MetadataImage _image = MetadataImage.Empty;

    /// <summary>The committed metadata, applied here.</summary>
    public MetadataImage Image => _image;

    /// <summary>Takes what was published, and nothing once the node stops; never blocks for long. The change is null after a snapshot.</summary>
    public void Publish(PublishedChange? change, MetadataImage image)
    {
        lock (_adding)
        {
            if (!_published.IsAddingCompleted)
            {
                _published.Add((change, image));
            }
        }
    }

    /// <summary>Completes when everything below <paramref name="end"/> is applied here.</summary>
    public Task WaitAppliedAsync(long end, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_image.EndOffset >= end)
            {
                return Task.CompletedTask;
            }

            if (!_waiting.TryGetValue(end, out TaskCompletionSource? waiter))
            {
                _waiting[end] = waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return waiter.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Follows until everything below <paramref name="end"/> is known, and only then makes the partitions so: what was before this broker's registration is not acted on piece by piece .</summary>
    public void Start(long end, CancellationToken stopping)
    {
        MetadataImage image = MetadataImage.Empty;
        while (image.EndOffset < end)
        {
            image = _published.Take(stopping).Image;
        }

        channels.Update(image.Brokers);
        keeper.Reconcile(image);
        Applied(image);
    }

    /// <summary>Follows until the node stops.</summary>
    public void Run(CancellationToken stopping)
    {
        try
        {
            foreach ((PublishedChange? change, MetadataImage image) in _published.GetConsumingEnumerable(stopping))
            {
                channels.Update(image.Brokers);
                if (change is null)
                {
                    keeper.Replace(image);
                }
                else
                {
                    unclean.Look(change.Delta.Topics, _image, image);
                    keeper.Apply(change.Delta, image);
                }

                Applied(image);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_adding)
        {
            _published.CompleteAdding();
        }
    }

    private void Applied(MetadataImage image)
    {
        lock (_lock)
        {
            _image = image;
            while (_waiting.Count > 0 && _waiting.First() is var (end, waiter) && end <= image.EndOffset)
            {
                _waiting.Remove(end);
                waiter.SetResult();
            }
        }
    }
}
