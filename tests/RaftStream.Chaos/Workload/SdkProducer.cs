using System.Diagnostics;
using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Chaos.Workload;

/// <summary>A producer of the SDK: sends to all partitions in turn at its rate, many on their way at once, and lets the SDK retry.</summary>
internal sealed class SdkProducer(
    int number, IReadOnlyList<string> bootstrap, IReadOnlyList<NamedPartition> partitions, ChaosOptions options, ProducerAcks acks, HistoryRecorder history)
{
    private const int MostUnanswered = 20_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private readonly string _process = $"producer-{number}";
    private int _unanswered;

    /// <summary>Sends until it is enough, then waits for all answers.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        await using var client = new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = bootstrap, ClientId = _process, RequestTimeout = TimeSpan.FromSeconds(5) });
        await using Producer producer = client.CreateProducer(new ProducerOptions
        {
            Acks = acks,
            EnableIdempotence = acks == ProducerAcks.All && !options.Unnumbered,
            DeliveryTimeout = TimeSpan.FromSeconds(20),
            MaxBlock = TimeSpan.FromSeconds(20),
        });
        var random = new Prng(((ulong)number << 32) ^ options.Seed);
        foreach (string topic in partitions.Select(partition => partition.Topic).Distinct())
        {
            // Before anything is sent: what waits together for a topic to be found is taken in any order afterwards.
            await producer.GetTopicAsync(topic, CancellationToken.None);
        }

        List<Task> answers = [];
        long sequence = 0;
        long began = Stopwatch.GetTimestamp();
        while (!enough.IsCancellationRequested)
        {
            // As many as the time that passed allows, so that a stall is made up for by a burst.
            long due = Math.Min((long)(Stopwatch.GetElapsedTime(began).TotalSeconds * options.Rate), sequence + options.Rate);
            for (; sequence < due && Volatile.Read(ref _unanswered) < MostUnanswered; sequence++)
            {
                answers.Add(SendAsync(producer, partitions[random.Next(partitions.Count)], new Value(number, sequence)));
            }

            answers.RemoveAll(answer => answer.IsCompleted);
            await Pace.WaitAsync(Tick, enough);
        }

        await Task.WhenAll(answers);
    }

    private async Task SendAsync(Producer producer, NamedPartition partition, Value value)
    {
        Interlocked.Increment(ref _unanswered);
        var send = new SendOperation(partition, value) { Process = _process, Invoked = history.Now };
        try
        {
            var record = new ProducerRecord { Value = value.ToBytes(options.RecordBytes), Partition = partition.Partition };
            DeliveryReport report = await producer.SendAsync(partition.Topic, record);
            history.Add(send with { Completed = history.Now, Outcome = Outcome.Ok, Offset = report.Offset });
        }
        catch (RaftStreamException exception)
        {
            // It was tried several times, and a try without an answer may have been stored.
            history.Add(send with { Completed = history.Now, Outcome = Outcome.Info, Error = $"{exception.Code}: {exception.Message}" });
        }

        Interlocked.Decrement(ref _unanswered);
    }
}
