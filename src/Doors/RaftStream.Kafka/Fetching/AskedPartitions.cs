using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Fetching;

/// <summary>What a Fetch asks for, each partition once: when it is named again, the last time counts and the first place stays, as in Kafka.</summary>
/// <remarks>Reusable; allocates nothing once it has grown. What it holds is the request's.</remarks>
internal sealed class AskedPartitions
{
    // What a request of more partitions needed is not kept.
    private const int MostKept = 4096;

    private readonly Dictionary<TopicName, int> _topics = [];
    private readonly Dictionary<(int Topic, int Partition), int> _places = [];
    private readonly List<Asked> _asked = [];

    /// <summary>True when a partition was named again. No client does so by intent.</summary>
    public bool HasRepeats { get; private set; }

    /// <summary>Partitions, each once.</summary>
    public int Count => _asked.Count;

    /// <summary>In the order in which they were first named.</summary>
    public Asked this[int index] => _asked[index];

    /// <summary>Reads a request.</summary>
    public void Read(FetchRequest request)
    {
        Clear();
        if (request.Topics.Count == 1 && request.Topics[0].Partitions.Count == 1)
        {
            _asked.Add(new Asked(request.Topics[0], request.Topics[0].Partitions[0])); // most consumers: no need to look anything up
            return;
        }

        foreach (FetchRequest.FetchTopic topic in request.Topics)
        {
            var name = new TopicName(topic.Topic, topic.TopicId);
            if (!_topics.TryGetValue(name, out int number))
            {
                _topics.Add(name, number = _topics.Count);
            }

            foreach (FetchRequest.FetchPartition partition in topic.Partitions)
            {
                Add(number, new Asked(topic, partition));
            }
        }
    }

    /// <summary>Lets go of the request.</summary>
    public void Clear()
    {
        HasRepeats = false;
        bool wasLarge = _asked.Count > MostKept;
        _topics.Clear();
        _places.Clear();
        _asked.Clear();
        if (wasLarge)
        {
            _topics.TrimExcess();
            _places.TrimExcess();
            _asked.TrimExcess();
        }
    }

    private void Add(int topicNumber, in Asked asked)
    {
        if (_places.TryAdd((topicNumber, asked.Partition.Partition), _asked.Count))
        {
            _asked.Add(asked);
            return;
        }

        HasRepeats = true;
        _asked[_places[(topicNumber, asked.Partition.Partition)]] = asked;
    }

    /// <summary>One partition.</summary>
    internal readonly record struct Asked(FetchRequest.FetchTopic Topic, FetchRequest.FetchPartition Partition);

    /// <summary>As the request names a topic: by name, or in later versions by id.</summary>
    private readonly record struct TopicName(string Name, Guid Id);
}
