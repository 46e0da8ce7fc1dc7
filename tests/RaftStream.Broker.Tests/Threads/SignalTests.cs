using RaftStream.Broker.Threads;

namespace RaftStream.Broker.Tests.Threads;

public class SignalTests
{
    [Fact]
    public async Task A_signal_before_the_wait_is_not_lost_and_counts_once()
    {
        var signal = new Signal();
        signal.Set();
        signal.Set();

        await signal.WaitAsync();
        Task second = signal.WaitAsync().AsTask();

        Assert.False(second.IsCompleted);
        signal.Set();
        await second;
    }

    [Fact]
    public async Task Every_piece_of_news_is_seen_however_the_threads_meet()
    {
        // The producer publishes, then signals; the consumer waits, then looks. A lost wake-up hangs the test.
        var signal = new Signal();
        int published = 0;
        const int Last = 200_000;
        Task producer = Task.Run(() =>
        {
            for (int i = 1; i <= Last; i++)
            {
                Volatile.Write(ref published, i);
                signal.Set();
            }
        });

        while (Volatile.Read(ref published) < Last)
        {
            await signal.WaitAsync();
        }

        await producer;
    }

    [Fact]
    public async Task Waiting_allocates_nothing()
    {
        var signal = new Signal();
        for (int i = 0; i < 100; i++)
        {
            signal.Set();
            await signal.WaitAsync();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            signal.Set();
            ValueTask wait = signal.WaitAsync();
            Assert.True(wait.IsCompletedSuccessfully);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
