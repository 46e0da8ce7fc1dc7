namespace RaftStream.Client.Producing;

/// <summary>What a partition asks of the producer around it. Called without its lock held.</summary>
internal interface IPartitionScheduler
{
    /// <summary>The partition has something to send: put it in the queue of its broker. Once until it was taken out.</summary>
    void Ready(ProducerPartition partition);

    /// <summary>The partition's batches failed: ask for its leader again, after a pause, and then send.</summary>
    void Retry(ProducerPartition partition);

    /// <summary>The partition began a batch, which is due when the linger time is over.</summary>
    void Opened(ProducerPartition partition, long firstSequence);

    /// <summary>A batch did not get memory: batches that linger should go out now.</summary>
    void Starved();
}
