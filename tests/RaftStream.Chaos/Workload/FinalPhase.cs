using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Client.V1;

namespace RaftStream.Chaos.Workload;

/// <summary>After the healing: every partition takes a write, then two fresh readers read it from the start until its end is stable.</summary>
internal sealed class FinalPhase(ThinChannels channels, IReadOnlyList<NamedPartition> partitions, ChaosOptions options, HistoryRecorder history)
{
    private const int FirstProducer = 2_000_000;
    private const int QuietRounds = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes to all partitions until each has taken one.</summary>
    public Task RecoverAsync() => Task.WhenAll(partitions.Select((partition, index) => RecoverAsync(partition, FirstProducer + index)));

    /// <summary>Reads all partitions twice: from their leaders, and through any broker.</summary>
    public Task ReadAsync() => Task.WhenAll(partitions.SelectMany(partition => new[] { ReadAsync("final-1", partition, anyBroker: false), ReadAsync("final-2", partition, anyBroker: true) }));

    private async Task RecoverAsync(NamedPartition partition, int number)
    {
        var recovery = new RecoveryOperation(partition) { Process = "final", Invoked = history.Now };
        using var patience = new CancellationTokenSource(options.Patience);
        var producer = new ThinProducer(number, channels, partition, options, Acks.All, history);
        for (long sequence = 0; !patience.IsCancellationRequested; sequence++)
        {
            if (await producer.SendAsync(new Value(number, sequence)) == Outcome.Ok)
            {
                history.Add(recovery with { Completed = history.Now, Outcome = Outcome.Ok });
                return;
            }

            producer.Forget();
            await Pace.WaitAsync(Pause, patience.Token);
        }

        history.Add(recovery with { Completed = history.Now, Outcome = Outcome.Info, Error = "no write was taken" });
    }

    private async Task ReadAsync(string process, NamedPartition partition, bool anyBroker)
    {
        var consumer = new ThinConsumer(process, channels, partition, history, isFinal: true, anyBroker);
        using var patience = new CancellationTokenSource(options.Patience);
        for (int quiet = 0; quiet < QuietRounds && !patience.IsCancellationRequested;)
        {
            int? records = await consumer.FetchAsync();
            quiet = records == 0 ? quiet + 1 : 0;
            if (records is null)
            {
                await Pace.WaitAsync(Pause, patience.Token);
            }
        }
    }
}
