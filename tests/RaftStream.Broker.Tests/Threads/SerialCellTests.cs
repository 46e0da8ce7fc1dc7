using RaftStream.Broker.Threads;

namespace RaftStream.Broker.Tests.Threads;

public class SerialCellTests
{
    [Fact]
    public void An_idle_cell_runs_on_the_callers_thread()
    {
        var cell = new Recorder();

        cell.Send(1);

        Assert.Equal([1], cell.Seen);
        Assert.Equal(Environment.CurrentManagedThreadId, cell.Threads.Single());
    }

    [Fact]
    public void An_event_from_inside_comes_after_the_one_that_sent_it()
    {
        var cell = new Recorder();
        cell.While = e =>
        {
            if (e == 1)
            {
                cell.Send(2);
                Assert.Equal([1], cell.Seen);
            }
        };

        cell.Send(1);

        Assert.Equal([1, 2], cell.Seen);
    }

    [Fact]
    public async Task Events_of_many_threads_are_processed_one_at_a_time_and_none_is_lost()
    {
        const int Senders = 4;
        const int Each = 20_000;
        var cell = new Recorder();

        await Task.WhenAll(Enumerable.Range(0, Senders).Select(s => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                cell.Send((s * Each) + i);
            }
        })));

        Assert.False(cell.Overlapped);
        Assert.Equal(Senders * Each, cell.Seen.Count);
        for (int s = 0; s < Senders; s++)
        {
            Assert.Equal(Enumerable.Range(s * Each, Each), cell.Seen.Where(e => e / Each == s));
        }
    }

    private sealed class Recorder : SerialCell<int>
    {
        private int _inside;

        public List<int> Seen { get; } = [];

        public List<int> Threads { get; } = [];

        public bool Overlapped { get; private set; }

        public Action<int> While { get; set; } = _ => { };

        public void Send(int number) => Post(number);

        protected override void Process(in int cellEvent)
        {
            Overlapped |= Interlocked.Increment(ref _inside) != 1;
            Seen.Add(cellEvent);
            Threads.Add(Environment.CurrentManagedThreadId);
            While(cellEvent);
            Interlocked.Decrement(ref _inside);
        }
    }
}
