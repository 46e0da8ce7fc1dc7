using System.Text.Json;
using RaftStream.Quorum.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Cli.Tests;

/// <summary><c>storage format|info|random-uuid</c> (C-2.2, C-12.1).</summary>
public sealed class StorageCommandTests : IDisposable
{
    private const string Cluster = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0";
    private const string Directory1 = "11111111-1b0a-4f9e-8d7c-6b5a49382716";
    private const string Directory2 = "22222222-1b0a-4f9e-8d7c-6b5a49382716";
    private const string Two = $"1@c1:9091:{Directory1},2@[::1]:9092:{Directory2}";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_standalone_cluster_has_its_one_voter()
    {
        CliOutcome formatted = await FormatAsync("n1", 1, "--standalone", "--advertised", "c1:9191");
        JsonElement info = await InfoAsync("n1");

        Assert.Equal(ExitCode.Ok, formatted.ExitCode);
        Assert.Contains($"formatted for node 1 of cluster {Cluster}", formatted.Out, StringComparison.Ordinal);
        Assert.Equal(Cluster, info.GetProperty("clusterId").GetString());
        Assert.True(info.GetProperty("sound").GetBoolean());
        Assert.Equal($"1@c1:9191:{info.GetProperty("directoryId").GetString()}", Assert.Single(VotersOf(info)));
    }

    [Fact]
    public async Task C_12_1_initial_controllers_get_the_same_voters_and_their_own_directory_ids()
    {
        await FormatAsync("n1", 1, "--initial-voters", Two);
        await FormatAsync("n2", 2, "--initial-voters", Two);

        JsonElement[] infos = [await InfoAsync("n1"), await InfoAsync("n2")];

        Assert.Equal([Directory1, Directory2], infos.Select(info => info.GetProperty("directoryId").GetString()));
        Assert.All(infos, info => Assert.Equal([$"1@c1:9091:{Directory1}", $"2@[::1]:9092:{Directory2}"], VotersOf(info)));
        string[] snapshots = [.. new[] { "n1", "n2" }.Select(name => Directory.EnumerateFiles(_folder.File(name), "*.checkpoint", SearchOption.AllDirectories).Single())];
        Assert.Equal(await File.ReadAllBytesAsync(snapshots[0]), await File.ReadAllBytesAsync(snapshots[1]));
    }

    [Fact]
    public async Task What_was_formatted_opens()
    {
        await FormatAsync("n1", 1, "--initial-voters", Two);

        using QuorumStore store = QuorumStore.Open(PhysicalFileSystem.Instance, Path.Combine(_folder.File("n1"), "quorum"));

        Assert.Equal(2, store.SnapshotVoters(store.Snapshots[0]).Voters.Length);
    }

    [Fact]
    public async Task A_node_that_joins_knows_no_voters()
    {
        await FormatAsync("n1", 4, "--no-initial-voters", "--directory-id", Directory1);
        JsonElement info = await InfoAsync("n1");
        CliOutcome text = await Cli.RunAsync("storage", "info", "--data", _folder.File("n1"));

        Assert.Empty(VotersOf(info));
        Assert.Equal(Directory1, info.GetProperty("directoryId").GetString());
        Assert.Contains("not known: it joins a cluster", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_of_the_quorum_may_lie_elsewhere()
    {
        CliOutcome formatted = await FormatAsync("n1", 1, "--standalone", "--quorum-directory", _folder.File("elsewhere"));
        CliOutcome info = await Cli.RunAsync("storage", "info", "--data", _folder.File("n1"), "--quorum-directory", _folder.File("elsewhere"));

        Assert.Equal(ExitCode.Ok, formatted.ExitCode);
        Assert.Contains(Cluster, info.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.File("n1"), "quorum")));
    }

    [Fact]
    public async Task A_formatted_folder_is_not_formatted_again()
    {
        await FormatAsync("n1", 1, "--standalone", "--directory-id", Directory1);

        CliOutcome again = await FormatAsync("n1", 1, "--standalone");
        CliOutcome pardoned = await FormatAsync("n1", 1, "--standalone", "--ignore-formatted");
        CliOutcome other = await FormatAsync("n1", 2, "--standalone", "--ignore-formatted");

        Assert.Equal((ExitCode.Failed, ExitCode.Ok, ExitCode.Failed), (again.ExitCode, pardoned.ExitCode, other.ExitCode));
        Assert.Contains("is formatted already", again.Error, StringComparison.Ordinal);
        Assert.Contains("is formatted already", pardoned.Out, StringComparison.Ordinal);
        Assert.Contains($"not for node 2 of cluster {Cluster}", other.Error, StringComparison.Ordinal);
        Assert.Equal(Directory1, (await InfoAsync("n1")).GetProperty("directoryId").GetString());
    }

    [Fact]
    public async Task C_2_2_a_voter_with_a_receipt_and_an_empty_folder_joins_instead_of_voting_twice()
    {
        string receipts = _folder.File("receipts/of/cluster");
        string[] everyStart = ["--initial-voters", Two, "--ignore-formatted", "--receipts", receipts];

        await FormatAsync("n1", 1, everyStart);
        CliOutcome again = await FormatAsync("n1", 1, everyStart);
        IEnumerable<string?> votersOfTheFirst = VotersOf(await InfoAsync("n1"));
        Directory.Delete(_folder.File("n1"), recursive: true);
        CliOutcome lost = await FormatAsync("n1", 1, everyStart);
        JsonElement joins = await InfoAsync("n1");
        await FormatAsync("n2", 2, everyStart);

        Assert.Contains("is formatted already", again.Out, StringComparison.Ordinal);
        Assert.Equal(2, votersOfTheFirst.Count());
        Assert.Equal(ExitCode.Ok, lost.ExitCode);
        Assert.Empty(VotersOf(joins));
        Assert.NotEqual(Directory1, joins.GetProperty("directoryId").GetString());
        Assert.Equal(2, VotersOf(await InfoAsync("n2")).Count());
    }

    [Fact]
    public async Task A_folder_formatted_without_a_receipt_gets_one_at_the_next_start()
    {
        await FormatAsync("n1", 1, "--initial-voters", Two);

        await FormatAsync("n1", 1, "--initial-voters", Two, "--ignore-formatted", "--receipts", _folder.File("receipts"));

        Assert.Equal([$"{Cluster}-node-1.formatted"], Directory.EnumerateFiles(_folder.File("receipts")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Receipts_that_cannot_be_written_are_an_error()
    {
        await File.WriteAllTextAsync(_folder.File("file"), "");

        CliOutcome outcome = await FormatAsync("n1", 1, "--initial-voters", Two, "--receipts", _folder.File("file"));

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("file", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_format_says_what_to_do()
    {
        await FormatAsync("n1", 1, "--standalone");
        File.Delete(Path.Combine(_folder.File("n1"), "quorum", "quorum-state"));

        CliOutcome again = await FormatAsync("n1", 1, "--standalone", "--ignore-formatted");
        JsonElement info = await InfoAsync("n1");

        Assert.Equal(ExitCode.Failed, again.ExitCode);
        Assert.Contains("formatting was interrupted", again.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream quorum remove-voter", again.Error, StringComparison.Ordinal);
        Assert.False(info.GetProperty("sound").GetBoolean());
    }

    [Fact]
    public async Task A_folder_of_something_else_is_left_alone()
    {
        Directory.CreateDirectory(Path.Combine(_folder.File("full"), "quorum", "photos"));
        await File.WriteAllTextAsync(_folder.File("file"), "");
        Directory.CreateDirectory(Path.Combine(_folder.File("old"), "__cluster_metadata-0"));

        CliOutcome full = await FormatAsync("full", 1, "--standalone");
        CliOutcome file = await FormatAsync("x", 1, "--standalone", "--quorum-directory", _folder.File("file"));
        CliOutcome old = await FormatAsync("old", 1, "--standalone");

        Assert.Equal((ExitCode.Failed, ExitCode.Failed, ExitCode.Failed), (full.ExitCode, file.ExitCode, old.ExitCode));
        Assert.Contains("is not empty, and not formatted either", full.Error, StringComparison.Ordinal);
        Assert.Contains("is a file", file.Error, StringComparison.Ordinal);
        Assert.Contains("layout of an earlier version", old.Error, StringComparison.Ordinal);
        Assert.Equal(["photos"], Directory.EnumerateFileSystemEntries(Path.Combine(_folder.File("full"), "quorum")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("Give exactly one of --standalone")]
    [InlineData("Give exactly one of --standalone", "--standalone", "--no-initial-voters")]
    [InlineData("Node 1 is not among the --initial-voters", "--initial-voters", $"2@c2:9091:{Directory2}")]
    [InlineData("is not what --initial-voters says of node 1", "--initial-voters", Two, "--directory-id", Directory2)]
    [InlineData("--advertised \"nowhere\" is not host:port", "--standalone", "--advertised", "nowhere")]
    [InlineData("\"1@c1:9091\" is not id@host:port:directory-id", "--initial-voters", "1@c1:9091")]
    [InlineData("\"x@c1:9091:1\" is not id@host:port:directory-id", "--initial-voters", "x@c1:9091:1")]
    [InlineData("node 1 is given twice", "--initial-voters", $"1@c1:9091:{Directory1},1@c2:9091:{Directory2}")]
    [InlineData("have the same directory id", "--initial-voters", $"1@c1:9091:{Directory1},2@c2:9091:{Directory1}")]
    [InlineData("are both at c1:9091", "--initial-voters", $"1@c1:9091:{Directory1},2@c1:9091:{Directory2}")]
    [InlineData("there are none", "--initial-voters", ",")]
    public async Task Nonsense_is_explained_and_nothing_is_formatted(string message, params string[] mode)
    {
        CliOutcome outcome = await FormatAsync("n1", 1, mode);

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("n1")));
    }

    [Fact]
    public async Task Every_mistake_in_the_list_of_voters_is_told()
    {
        CliOutcome outcome = await FormatAsync("n1", 1, "--initial-voters", $"a,1@c1:9091:{Directory1},1@c2:9091:{Directory2},b");

        Assert.Equal(3, outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("--cluster-id must not be all zeros", "storage format --node-id 1 --data d --standalone --cluster-id 00000000-0000-0000-0000-000000000000")]
    [InlineData("--node-id must be 0 or more", $"storage format --node-id -1 --data d --standalone --cluster-id {Cluster}")]
    [InlineData("Option '--cluster-id' is required", "storage format --node-id 1 --data d --standalone")]
    public async Task Ids_are_checked(string message, string commandLine)
    {
        CliOutcome outcome = await Cli.RunAsync(commandLine.Split(' '));

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_not_formatted_has_no_info()
    {
        CliOutcome outcome = await Cli.RunAsync("storage", "info", "--data", _folder.File("nothing"));

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("is not formatted.\nPrepare it with: raftstream storage format", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_uuids_are_different_every_time()
    {
        CliOutcome text = await Cli.RunAsync("storage", "random-uuid", "--count", "3");
        CliOutcome json = await Cli.RunAsync("storage", "random-uuid", "--output", "json");

        Assert.Equal(3, text.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse).Distinct().Count());
        Assert.True(JsonDocument.Parse(json.Out).RootElement.GetProperty("uuids")[0].TryGetGuid(out _));
    }

    private Task<CliOutcome> FormatAsync(string name, int node, params string[] mode) =>
        Cli.RunAsync(["storage", "format", "--cluster-id", Cluster, "--node-id", $"{node}", "--data", _folder.File(name), .. mode]);

    private async Task<JsonElement> InfoAsync(string name)
    {
        CliOutcome outcome = await Cli.RunAsync("storage", "info", "--data", _folder.File(name), "--output", "json");
        Assert.Empty(outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    private static IEnumerable<string?> VotersOf(JsonElement info) => info.GetProperty("voters").EnumerateArray().Select(voter => voter.GetString());
}
