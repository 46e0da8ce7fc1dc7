using System.Diagnostics;
using RaftStream.Rpc.Tests.Probes;

namespace RaftStream.Rpc.Tests.Foreign;

/// <summary>Clients that we did not write judge the server. What each case asks is in <c>probe.py</c> and <c>probe.js</c>.</summary>
public sealed class ForeignClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static TheoryData<string> Cases =>
    [
        "unary", "parallel", "big", "too_big", "client_stream", "server_stream", "duplex", "deadline", "cancel", "error", "metadata", "gzip",
        "health", "reflection",
    ];

    [ForeignTheory(ForeignClient.Python)]
    [MemberData(nameof(Cases))]
    public Task Python_grpcio(string name) => JudgeAsync(
        ForeignTool.Python, address => [ScriptPath("probe.py"), address, name], nodePath: null);

    [ForeignTheory(ForeignClient.Node)]
    [MemberData(nameof(Cases))]
    public Task Grpc_js(string name) => JudgeAsync(
        "node",
        address =>
        [
            ScriptPath("probe.js"),
            address,
            name,
            Path.Combine(ForeignTool.RepositoryRoot, "tests", "RaftStream.Rpc.Tests", "Protos"),
            Path.Combine(ForeignTool.RepositoryRoot, "proto"),
        ],
        ForeignTool.NodeModules);

    private static async Task JudgeAsync(string program, Func<string, string[]> arguments, string? nodePath)
    {
        using var log = new RecordingLogger();
        await using ProbeServer probe = await ProbeServer.StartAsync(compressResponses: true, loggerFactory: log);
        probe.Server.Health.SetServing("", true);
        using Process judge = ForeignTool.Start(program, arguments(probe.EndPoint.ToString()), nodePath);
        using var patience = new CancellationTokenSource(Patience);
        Task<string> said = judge.StandardOutput.ReadToEndAsync(patience.Token);
        Task<string> complained = judge.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await judge.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            judge.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end within {Patience}.");
        }

        Assert.True(judge.ExitCode == 0, $"{await said}\n{await complained}\nThe server's log:\n{string.Join('\n', log.Entries.TakeLast(30))}");
    }

    private static string ScriptPath(string name) =>
        Path.Combine(ForeignTool.RepositoryRoot, "tests", "RaftStream.Rpc.Tests", "Foreign", name);
}
