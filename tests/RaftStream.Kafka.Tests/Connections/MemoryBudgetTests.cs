using RaftStream.Kafka.Connections;

namespace RaftStream.Kafka.Tests.Connections;

public sealed class MemoryBudgetTests
{
    [Fact]
    public async Task First_come_first_served_and_nobody_overtakes()
    {
        var memory = new MemoryBudget(100);
        await memory.TakeAsync(60, CancellationToken.None);
        Task large = memory.TakeAsync(80, CancellationToken.None).AsTask();
        Task small = memory.TakeAsync(20, CancellationToken.None).AsTask();
        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted);

        memory.Return(60);

        await large;
        await small;
        Assert.Equal(100, memory.Taken);
    }

    [Fact]
    public async Task One_that_goes_lets_the_next_pass()
    {
        var memory = new MemoryBudget(100);
        await memory.TakeAsync(60, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        Task large = memory.TakeAsync(80, gone.Token).AsTask();
        Task small = memory.TakeAsync(20, CancellationToken.None).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => large);
        await small;
        Assert.Equal(80, memory.Taken);
    }

    [Fact]
    public async Task A_request_larger_than_everything_is_served_alone()
    {
        var memory = new MemoryBudget(100);
        await memory.TakeAsync(10, CancellationToken.None);
        Task huge = memory.TakeAsync(1000, CancellationToken.None).AsTask();
        Assert.False(huge.IsCompleted);

        memory.Return(10);

        await huge;
        Assert.Equal(1000, memory.Taken);
    }

    [Fact]
    public async Task What_is_there_already_is_charged_and_delays_who_comes_next()
    {
        var memory = new MemoryBudget(100);
        memory.Charge(150);
        Task next = memory.TakeAsync(10, CancellationToken.None).AsTask();
        Assert.False(next.IsCompleted);
        Assert.Equal((150, 1, 60), (memory.Taken, memory.WaitingCount, memory.Missing));

        memory.Return(60);

        await next;
        Assert.Equal((100, 0, 0), (memory.Taken, memory.WaitingCount, memory.Missing));
        Assert.Equal(150, memory.MostTaken);
    }

    [Fact]
    public async Task Nothing_is_missing_once_who_waited_has_gone()
    {
        var memory = new MemoryBudget(100);
        await memory.TakeAsync(100, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        Task waits = memory.TakeAsync(500, gone.Token).AsTask();
        Assert.Equal(100, memory.Missing); // no more than can come back

        await gone.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => waits);
        Assert.Equal(0, memory.Missing);
    }
}
