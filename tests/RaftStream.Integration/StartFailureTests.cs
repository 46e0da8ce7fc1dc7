using System.Net;
using System.Net.Sockets;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration;

/// <summary>What stands in the way of a start is said in one sentence, with what to do, without a stack trace.</summary>
public sealed class StartFailureTests : BrokerTest
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task A_port_in_use_is_named_with_its_setting(string name)
    {
        BrokerSetup setup = Setup();
        int port = name == "grpc" ? setup.GrpcPort : setup.HttpPort;
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();

        await MustFailAsync(setup, $"error: port {port} on 127.0.0.1 is in use by another process; stop that one, or choose another port with --{name}-port");
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named_with_its_setting()
    {
        await MustFailAsync(Setup("--grpc-host=192.0.2.1"), "error: 192.0.2.1 is not an address of this machine; choose another with --grpc-host");
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_is_refused_and_the_first_serves_on()
    {
        BrokerProcess first = await StartReadyAsync();

        await MustFailAsync(Setup(), $"error: the data folder {Folder["data"]} is in use by another process");

        await ClientOf(first).MustBeServedAsync();
    }

    [Theory]
    [InlineData("--node-id=2", "node")]
    [InlineData("--cluster-id=11111111-2222-3333-4444-555555555555", "cluster")]
    public async Task A_folder_of_another_node_or_cluster_is_refused(string setting, string what)
    {
        BrokerProcess first = await StartReadyAsync();
        Assert.Equal(0, await first.TerminateAsync());

        string log = await MustFailAsync(Setup(setting), $"error: the data folder {Folder["data"]} belongs to someone else:");
        Assert.Contains(what, log, StringComparison.Ordinal);

        await ClientOf(await StartReadyAsync()).MustBeServedAsync();
    }

    [Fact]
    public async Task A_folder_with_other_files_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(Folder["data"], "diary.txt"), "mine");

        await MustFailAsync(Setup(), $"error: the data folder {Folder["data"]} belongs to someone else:");

        Assert.Equal([Path.Combine(Folder["data"], "diary.txt")], Directory.GetFileSystemEntries(Folder["data"]));
    }

    [Fact]
    public async Task A_file_in_place_of_the_folder_is_named()
    {
        await File.WriteAllTextAsync(Folder["data"], "a file");
        await MustFailAsync(Setup(), $"error: the data folder {Folder["data"]} is a file; remove it, or choose another folder with --data");

        BrokerSetup below = Setup() with { DataDirectory = Path.Combine(Folder["data"], "below", "it") };
        await MustFailAsync(below, $"cannot be made: {Folder["data"]} is a file");
    }

    [Fact]
    public async Task A_certificate_that_is_missing_or_none_is_named()
    {
        await MustFailAsync(Setup($"--grpc-tls-certificate={Folder["no.pem"]}"), $"error: grpc.tls.certificate is {Folder["no.pem"]}, which cannot be read");

        await File.WriteAllTextAsync(Folder["bad.pem"], "not PEM at all");
        await MustFailAsync(Setup($"--grpc-tls-certificate={Folder["bad.pem"]}"), "error: the certificate of the gRPC port cannot be used");
    }

    [Fact]
    public async Task All_mistakes_in_the_settings_are_listed_at_once()
    {
        await File.WriteAllTextAsync(Folder["raftstream.json"], """{ "RaftStream": { "node.id": "first", "grpc": { "prot": 1 } } }""");
        BrokerSetup setup = Setup("--config", Folder["raftstream.json"], "--min-free-bytes", "lots", "--log-flush=perhaps") with
        {
            Environment = new Dictionary<string, string> { ["RAFTSTREAM__LOGGING__LEVEL"] = "chatty" },
        };

        (int exitCode, string log) = await FailToStartAsync(setup);

        Assert.Equal(2, exitCode);
        Assert.Contains("5 mistakes in the settings:", log, StringComparison.Ordinal);
        Assert.Contains("raftstream.json \"node.id\": node.id is \"first\" but must be a whole number", log, StringComparison.Ordinal);
        Assert.Contains("raftstream.json \"grpc:prot\": there is no setting grpc.prot; did you mean grpc.port?", log, StringComparison.Ordinal);
        Assert.Contains("environment RAFTSTREAM__LOGGING__LEVEL: logging.level is \"chatty\"", log, StringComparison.Ordinal);
        Assert.Contains("command line --min-free-bytes: min.free.bytes is \"lots\"", log, StringComparison.Ordinal);
        Assert.Contains("command line --log-flush: log.flush is \"perhaps\"", log, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder["data"]));
    }

    private async Task<string> MustFailAsync(BrokerSetup setup, string message)
    {
        (int exitCode, string log) = await FailToStartAsync(setup);

        Assert.Equal(1, exitCode);
        Assert.Contains(message, log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at RaftStream", log, StringComparison.Ordinal);
        return log;
    }
}
