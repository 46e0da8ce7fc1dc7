namespace RaftStream.Rpc.Tests;

public sealed class ChannelTableTests
{
    private readonly List<Channel> _made = [];

    [Fact]
    public async Task A_server_has_one_channel_however_often_it_is_asked_for()
    {
        await using ChannelTable<string, string> table = Table();

        Assert.Equal("to a", table.CallsTo("a"));
        Assert.Equal("to b", table.CallsTo("b"));
        Assert.Equal("to a", table.CallsTo("a"));

        Assert.Equal(2, _made.Count);
    }

    [Fact]
    public async Task All_channels_are_closed_together()
    {
        ChannelTable<string, string> table = Table();
        table.CallsTo("a");
        table.CallsTo("b");

        await table.DisposeAsync();
        await table.DisposeAsync();

        Assert.All(_made, channel => Assert.Equal(1, channel.Closed));
    }

    private ChannelTable<string, string> Table() => new(key =>
    {
        _made.Add(new Channel());
        return (_made[^1], $"to {key}");
    });

    private sealed class Channel : IAsyncDisposable
    {
        public int Closed { get; private set; }

        public ValueTask DisposeAsync()
        {
            Closed++;
            return ValueTask.CompletedTask;
        }
    }
}
