using RaftStream.Client;
using RaftStream.Embedded;

namespace RaftStream.Cli.Tests;

/// <summary>One real broker in this process for the tests of a class; each test has its own topics.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    private RaftStreamBroker? _broker;

    public string Endpoint => _broker!.Endpoint;

    public RaftStreamClient CreateClient() => _broker!.CreateClient();

    public async Task InitializeAsync() => _broker = await RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions { InMemory = true });

    public async Task DisposeAsync() => await _broker!.DisposeAsync();

    /// <summary>Runs a command line against the broker.</summary>
    internal Task<CliOutcome> RunAsync(params string[] args) => RunAsync(new CliInput(), args);

    /// <inheritdoc cref="RunAsync(string[])"/>
    internal Task<CliOutcome> RunAsync(CliInput input, params string[] args) =>
        Cli.RunAsync(input with { Variables = new Dictionary<string, string> { ["RAFTSTREAM_BOOTSTRAP"] = Endpoint } }, args);

    /// <summary>Creates a topic with a name of its own.</summary>
    public async Task<string> CreateTopicAsync(int partitions = 1)
    {
        string name = $"topic-{Guid.NewGuid():N}";
        await using RaftStreamClient client = CreateClient();
        await client.Admin.CreateTopicAsync(name, partitions);
        return name;
    }
}
