using RaftStream.Kafka.Connections;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Tests.Connections;

public sealed class UnsentAnswersTests
{
    private const int Free = UnsentAnswers.FreeBytes;

    [Fact]
    public async Task What_is_free_is_not_counted_and_what_is_more_waits_for_the_budget()
    {
        var budget = new MemoryBudget(Free);
        var unsent = new UnsentAnswers(budget, most: 10 * Free);
        (Exchange first, Exchange second, Exchange third) = (NewExchange(), NewExchange(), NewExchange());
        Assert.True(unsent.TryTake(first, Free));
        Assert.False(unsent.TryTake(second, Free));
        await unsent.TakeAsync(second, CancellationToken.None);
        Assert.Equal((Free, Free), (budget.Taken, unsent.Counted));
        Assert.False(unsent.TryTake(third, 1));
        Task waits = unsent.TakeAsync(third, CancellationToken.None).AsTask();
        Assert.False(waits.IsCompleted);

        Assert.Equal(Free, unsent.Return(second));
        Assert.Equal(0, unsent.Return(second)); // again: nothing more

        await waits;
        Assert.Equal((1, 1), (budget.Taken, unsent.Counted));
    }

    [Fact]
    public void Further_answers_wait_for_those_that_are_unsent_but_the_first_may_be_of_any_size()
    {
        var unsent = new UnsentAnswers(new MemoryBudget(long.MaxValue), most: 1000);
        Exchange exchange = NewExchange();
        Assert.True(unsent.HasRoomFor(5000));
        unsent.TryTake(exchange, 900);
        Assert.True(unsent.HasRoomFor(100));
        Assert.False(unsent.HasRoomFor(101));

        unsent.Return(exchange);

        Assert.True(unsent.HasRoomFor(5000));
    }

    [Fact]
    public void Encoded_answers_are_charged_though_there_is_no_room_and_given_back_when_they_have_left()
    {
        var budget = new MemoryBudget(10);
        var unsent = new UnsentAnswers(budget, most: 1000);
        Assert.False(unsent.SetEncoded(Free));
        Assert.True(unsent.SetEncoded(3 * Free));
        Assert.Equal((3 * Free, 3 * Free), (budget.Taken, unsent.Counted));
        Assert.False(unsent.SetEncoded(2 * Free));

        unsent.SetEncoded(0);

        Assert.Equal((0, 0), (budget.Taken, unsent.Counted));
    }

    private static Exchange NewExchange()
    {
        ServedApi api = ServedByHandlers.Create().Find((short)ApiKey.Produce)!;
        return api.NewExchange(api);
    }
}
