using System.Diagnostics;
using RaftStream.Integration.Harness;
using RaftStream.Rpc.Tests.Foreign;

namespace RaftStream.Integration;

/// <summary>Clients in other languages, on gRPC implementations that are not ours, against a real broker.</summary>
public sealed class ForeignClientTests : BrokerTest
{
    [ForeignTheory(ForeignClient.Python)]
    [InlineData("from-python")]
    public Task Python_produces_and_consumes(string topic) => ServeAsync(ForeignTool.Python, "client.py", topic, nodePath: null);

    [ForeignTheory(ForeignClient.Node)]
    [InlineData("from-node")]
    public Task Node_produces_and_consumes(string topic) =>
        ServeAsync("node", "client.js", topic, ForeignTool.NodeModules, Path.Combine(ForeignTool.RepositoryRoot, "proto"));

    private async Task ServeAsync(string program, string script, string topic, string? nodePath, params string[] more)
    {
        BrokerProcess broker = await StartReadyAsync();
        string path = Path.Combine(ForeignTool.RepositoryRoot, "tests", "RaftStream.Integration", "Foreign", script);

        using Process client = ForeignTool.Start(program, [path, broker.Endpoint, topic, .. more], nodePath);
        Task<string> said = client.StandardOutput.ReadToEndAsync();
        Task<string> complained = client.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Eventually.Patience);
        await client.WaitForExitAsync(patience.Token);

        Assert.True(client.ExitCode == 0, $"{await said}\n{await complained}\nThe broker's log:\n{broker.Log.Text}");
        Assert.Equal(120, (await ClientOf(broker).ReadAllAsync(topic, 0)).Count);
        await ClientOf(broker).MustBeServedAsync();
    }
}
