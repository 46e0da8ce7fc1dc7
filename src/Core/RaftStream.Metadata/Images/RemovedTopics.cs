using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>A topic that was deleted.</summary>
/// <param name="Id">Never given to another topic.</param>
/// <param name="Name">The name that it had.</param>
/// <param name="Request">Whose doing it was; <see cref="Guid.Empty"/> when the request had no id.</param>
/// <param name="Partitions">Partitions that it had.</param>
/// <param name="ReplicationFactor">Replicas of its first partition.</param>
public sealed record RemovedTopic(TopicId Id, string Name, Guid Request, int Partitions, int ReplicationFactor);

/// <summary>
/// The topics that were deleted last: by them the controller knows a request to create or to delete that it has carried out before,
/// when the first answer was lost and another client has undone it meanwhile (C-14.4, P32). Immutable.
/// </summary>
public sealed class RemovedTopics
{
    /// <summary>How many are kept: more than are deleted while a node repeats one request.</summary>
    public const int Limit = 10_000;

    /// <summary>None.</summary>
    public static readonly RemovedTopics Empty = new(
        ImmutableQueue<RemovedTopic>.Empty,
        ImmutableDictionary<TopicId, RemovedTopic>.Empty,
        ImmutableDictionary<(Guid Request, string Name), RemovedTopic>.Empty);

    private readonly ImmutableQueue<RemovedTopic> _inOrder;
    private readonly ImmutableDictionary<TopicId, RemovedTopic> _byId;
    private readonly ImmutableDictionary<(Guid Request, string Name), RemovedTopic> _byRequest;

    private RemovedTopics(
        ImmutableQueue<RemovedTopic> inOrder,
        ImmutableDictionary<TopicId, RemovedTopic> byId,
        ImmutableDictionary<(Guid Request, string Name), RemovedTopic> byRequest)
    {
        _inOrder = inOrder;
        _byId = byId;
        _byRequest = byRequest;
    }

    /// <summary>In the order of their removal.</summary>
    public IEnumerable<RemovedTopic> InOrder() => _inOrder;

    /// <summary>The removed topic of this id, or null.</summary>
    public RemovedTopic? Find(TopicId id) => _byId.GetValueOrDefault(id);

    /// <summary>The topic of this name that the request removed, or null.</summary>
    public RemovedTopic? Find(Guid request, string name) => _byRequest.GetValueOrDefault((request, name));

    /// <summary>One more; the first goes when there are too many.</summary>
    public RemovedTopics Add(RemovedTopic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Invariant.Check(!_byId.ContainsKey(topic.Id));
        ImmutableQueue<RemovedTopic> inOrder = _inOrder.Enqueue(topic);
        ImmutableDictionary<TopicId, RemovedTopic> byId = _byId.Add(topic.Id, topic);
        ImmutableDictionary<(Guid, string), RemovedTopic> byRequest =
            topic.Request == Guid.Empty ? _byRequest : _byRequest.SetItem((topic.Request, topic.Name), topic);
        if (byId.Count > Limit)
        {
            inOrder = inOrder.Dequeue(out RemovedTopic first);
            byId = byId.Remove(first.Id);
            byRequest = byRequest.TryGetValue((first.Request, first.Name), out RemovedTopic? last) && last == first
                ? byRequest.Remove((first.Request, first.Name))
                : byRequest;
        }

        return new RemovedTopics(inOrder, byId, byRequest);
    }
}
