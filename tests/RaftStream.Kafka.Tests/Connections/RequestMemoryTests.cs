using RaftStream.Kafka.Connections;

namespace RaftStream.Kafka.Tests.Connections;

public sealed class RequestMemoryTests
{
    private readonly RequestMemory _memory = new(100);
    private readonly RequestClaim _first = new();
    private readonly RequestClaim _second = new();
    private readonly RequestClaim _third = new();

    [Fact]
    public async Task Who_began_first_is_first_and_nobody_overtakes()
    {
        await GrowAsync(_first, 60);
        Task second = GrowAsync(_second, 80);
        Task third = GrowAsync(_third, 20);
        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted);
        Assert.Equal((2, 60), (_memory.WaitingCount, _memory.Missing));

        _memory.Release(_first);

        await second;
        await third;
        Assert.Equal((100, 0, 0), (_memory.Taken, _memory.WaitingCount, _memory.Missing));
    }

    [Fact]
    public async Task Of_those_in_the_middle_one_at_a_time_goes_beyond_the_budget_until_it_is_served()
    {
        await GrowAsync(_first, 50);
        await GrowAsync(_second, 50);
        await GrowAsync(_second, 70);
        Task first = GrowAsync(_first, 60);
        Assert.False(first.IsCompleted);
        await GrowAsync(_second, 90);
        Assert.False(first.IsCompleted);

        _memory.Release(_second);

        await first;
        Assert.Equal((60, 140), (_memory.Taken, _memory.MostTaken));
        await GrowAsync(_second, 40);
        await GrowAsync(_first, 70); // beyond it is free again
        Assert.False(GrowAsync(_second, 50).IsCompleted);
    }

    [Fact]
    public async Task Who_holds_nothing_yet_does_not_go_beyond_the_budget_but_who_is_alone_does()
    {
        await GrowAsync(_first, 1000);
        Task second = GrowAsync(_second, 10);
        Assert.False(second.IsCompleted);

        _memory.Release(_first);
        _memory.Release(_first);

        await second;
        Assert.Equal(10, _memory.Taken);
    }

    [Fact]
    public async Task One_that_goes_while_it_waits_lets_the_next_pass_and_holds_what_it_held()
    {
        using var gone = new CancellationTokenSource();
        await GrowAsync(_first, 90);
        Task second = _memory.GrowAsync(_second, 50, gone.Token).AsTask();
        Task third = GrowAsync(_third, 10);
        Assert.False(third.IsCompleted);

        await gone.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => second);
        await third;
        Assert.Equal((100, 0), (_memory.Taken, _memory.Missing));
        _memory.Release(_second);
        _memory.Release(_third);
        _memory.Release(_first);
        Assert.Equal(0, _memory.Taken);
    }

    private Task GrowAsync(RequestClaim claim, long bytes) => _memory.GrowAsync(claim, bytes, CancellationToken.None).AsTask();
}
