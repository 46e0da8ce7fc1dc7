using System.Diagnostics;

namespace RaftStream.House.Tests;

/// <summary>What <c>scripts/cluster</c> refuses, and that it says why.</summary>
public sealed class ClusterScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raftstream-cluster-script-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("\"upp\" is no command of scripts/cluster; there are up, down and status", 2, "upp")]
    [InlineData("--brokers 4 cannot be had: the cluster in ", 1, "up", "--brokers", "4")]
    [InlineData("was made with 3;", 1, "up", "--controllers", "1")]
    [InlineData("--base-port 20000 cannot be had", 1, "up", "--base-port", "20000")]
    [InlineData("--proxy-brokers yes cannot be had", 1, "up", "--proxy-brokers")]
    public void What_cannot_be_done_is_said(string expected, int exitCode, params string[] arguments)
    {
        File.WriteAllText(
            Path.Combine(_folder, "cluster.env"), "cluster_id=x\ncontrollers=3\nbrokers=3\nbase_port=19000\nproxy_ports=19000\nproxy_brokers=no\nvoters=x\n");
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "scripts", "cluster"), [.. arguments, "--dir", _folder])
        {
            RedirectStandardError = true,
            Environment = { ["RAFTSTREAM_COMMAND"] = "/bin/false" },
        };

        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(exitCode, process.ExitCode);
    }
}
