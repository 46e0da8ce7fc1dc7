using System.Diagnostics;
using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration.Containers;

/// <summary>
/// Programs on the host that produce numbers to every partition of a topic and consume them, without end, and what they were told.
/// </summary>
internal sealed class HostTraffic : IAsyncDisposable
{
    private readonly string _topic;
    private readonly ComposeStack _stack;
    private readonly RaftStreamClient _client;
    private readonly Producer _producer;
    private readonly Consumer _consumer;
    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationTokenSource _seenEnough = new();
    private readonly PartitionStory[] _stories;
    private readonly Task[] _producing;
    private readonly Task _consuming;

    private HostTraffic(ComposeStack stack, string topic, int partitions)
    {
        _topic = topic;
        _stack = stack;
        _client = stack.Connect();
        _producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.FromMilliseconds(1) });
        _consumer = _client.CreateConsumer();
        _stories = [.. Enumerable.Range(0, partitions).Select(_ => new PartitionStory())];
        _consumer.Assign(Enumerable.Range(0, partitions).Select(partition => KeyValuePair.Create(new NamedPartition(topic, partition), StartPosition.Beginning)));
        _producing = [.. Enumerable.Range(0, partitions).Select(ProduceAsync)];
        _consuming = ConsumeAsync();
    }

    /// <summary>Starts at once.</summary>
    public static HostTraffic Start(ComposeStack stack, string topic, int partitions) => new(stack, topic, partitions);

    /// <summary>Waits until every partition has taken and given out some more records.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> FlowsAsync(string when)
    {
        long began = Stopwatch.GetTimestamp();
        const int Some = 20;
        (PartitionStory Story, int Acknowledged)[] before = [.. _stories.Select(static story => (story, story.Acknowledged.Count))];
        // What is consumed from here on was produced after the call.
        await Eventually.HoldsAsync(
            () => before.All(at => at.Story.Acknowledged.Count >= at.Acknowledged + Some && at.Story.Consumed.Count >= at.Acknowledged + Some),
            () => $"Traffic does not go on {when}: {this}\n{_stack.Story()}");
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Stops producing, reads everything that is there, and checks what came out against what was acknowledged.</summary>
    public async Task EndAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_producing);
        await Eventually.HoldsAsync(
            () => _stories.All(static story => story.Acknowledged.Keys.All(story.Consumed.ContainsKey)), () => $"Acknowledged records do not come out: {this}\n{_stack.Story()}");
        await _seenEnough.CancelAsync();
        await _consuming;
        Assert.All(_stories, static story => story.Check());
    }

    /// <summary>What a consumer sees that begins now is what was seen before.</summary>
    public async Task IsStillThereAsync()
    {
        await using RaftStreamClient client = _stack.Connect();
        await using Consumer consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync(_topic, StartPosition.Beginning);
        using var patience = new CancellationTokenSource(Eventually.Patience);
        int missing = _stories.Sum(static story => story.Consumed.Count);
        await foreach (ConsumedRecord record in consumer.ConsumeAsync(patience.Token))
        {
            Assert.Equal(_stories[record.Partition.Partition].Consumed[record.Offset], record.ValueText);
            if (--missing == 0)
            {
                return;
            }
        }
    }

    public override string ToString() => string.Join(
        ", ", _stories.Select(static (story, number) => $"partition {number} acknowledged {story.Acknowledged.Count}, consumed {story.Consumed.Count}, failed {story.Failed.Count}"));

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _seenEnough.CancelAsync();
        await Task.WhenAll([.. _producing, _consuming]);
        await _consumer.DisposeAsync();
        await _producer.DisposeAsync();
        await _client.DisposeAsync();
        _enough.Dispose();
        _seenEnough.Dispose();
    }

    private async Task ProduceAsync(int partition)
    {
        PartitionStory story = _stories[partition];
        for (int number = 0; !_enough.IsCancellationRequested; number++)
        {
            string value = number.ToString(CultureInfo.InvariantCulture);
            try
            {
                DeliveryReport report = await _producer.SendAsync(_topic, ProducerRecord.OfText(null, value) with { Partition = partition });
                Assert.True(story.Acknowledged.TryAdd(report.Offset, value), $"Offset {report.Offset} of partition {partition} was given twice.");
            }
            catch (RaftStreamException)
            {
                story.Failed.Add(value);
            }
        }
    }

    private async Task ConsumeAsync()
    {
        try
        {
            await foreach (ConsumedRecord record in _consumer.ConsumeAsync(_seenEnough.Token))
            {
                _stories[record.Partition.Partition].Consume(record.Offset, record.ValueText!);
            }
        }
        catch (OperationCanceledException)
        {
            // Everything that was acknowledged has come out.
        }
    }
}
