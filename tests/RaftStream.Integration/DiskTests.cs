using System.Diagnostics;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration;

/// <summary>Disks that are full or cannot be written: refused with a reason, and nothing acknowledged is lost.</summary>
public sealed class DiskTests : BrokerTest
{
    private const int DiskMegabytes = 48;
    private bool _mounted;

    [Fact]
    public async Task Below_the_reserve_produce_is_refused_and_taken_again_when_there_is_room()
    {
        string disk = SmallDisk();
        BrokerSetup setup = Setup("--min-free-bytes=8388608", "--log-index-size-max-bytes=65536") with
        {
            DataDirectory = Path.Combine(disk, "data"),
        };
        BrokerProcess broker = await StartReadyAsync(setup);
        ThinClient client = ClientOf(broker);
        await client.CreateTopicAsync("log");
        await client.ProduceAsync("log", 0, "before");

        string filler = Path.Combine(disk, "filler");
        Fill(filler, leaveFree: 4 << 20);
        Error? refused = null;
        await Eventually.HoldsAsync(
            async () => (refused = (await client.ProduceAsync("log", 0, "while full")).Error) is not null, () => broker.Log.Text);

        Assert.Equal("KAFKA_STORAGE_ERROR", refused!.Name);
        Assert.Contains("disk", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(await client.ReadAllAsync("log", 0));

        File.Delete(filler);
        await Eventually.HoldsAsync(
            async () => (await client.ProduceAsync("log", 0, "after")).Error is null, () => broker.Log.Text);
        List<Record> records = await client.ReadAllAsync("log", 0);
        Assert.Equal("before", records[0].Value.ToStringUtf8());
        Assert.Equal("after", records[^1].Value.ToStringUtf8());
        await client.MustBeServedAsync();
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_start_is_named()
    {
        string disk = SmallDisk();
        Fill(Path.Combine(disk, "filler"), leaveFree: 0);

        (int exitCode, string log) = await FailToStartAsync(Setup() with { DataDirectory = Path.Combine(disk, "data") });

        Assert.Equal(1, exitCode);
        Assert.Contains($"error: the disk of the data folder {disk}/data is full", log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at RaftStream", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_runs_full_in_spite_of_the_reserve_stops_the_node_and_loses_nothing()
    {
        string disk = SmallDisk();
        BrokerSetup setup = Setup("--min-free-bytes=0", "--log-flush=commit", "--log-index-size-max-bytes=65536") with { DataDirectory = Path.Combine(disk, "data") };
        BrokerProcess broker = await StartReadyAsync(setup);
        ThinClient client = ClientOf(broker);
        await client.CreateTopicAsync("log");
        byte[] batch = ThinClient.Batch(new string('x', 900_000));
        int acknowledged = 0;
        try
        {
            while (acknowledged < DiskMegabytes * 2 && (await client.ProduceBatchAsync("log", 0, batch)).Error is null)
            {
                acknowledged++;
            }
        }
        catch (global::Grpc.Core.RpcException)
        {
            // The node is gone already.
        }

        Assert.InRange(acknowledged, 1, (DiskMegabytes * 2) - 1);
        Assert.Equal(1, await broker.WaitForExitAsync());
        Assert.Contains("error: the broker can go on no more", broker.Log.Text, StringComparison.Ordinal);

        Process.Start("mount", ["-o", $"remount,size={DiskMegabytes * 2}m", disk]).WaitForExit();
        ThinClient again = ClientOf(await StartReadyAsync(setup));
        Assert.True((await again.ReadAllAsync("log", 0)).Count >= acknowledged);
        await again.MustBeServedAsync();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        string data = Folder["data"];
        Directory.CreateDirectory(data);
        File.SetUnixFileMode(data, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        (int exitCode, string log) = await FailToStartAsync(Setup() with { Wrapper = WithoutRightsOfRoot });

        Assert.Equal(1, exitCode);
        Assert.Contains($"error: the data folder {data} cannot be written", log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at RaftStream", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_any_more_is_named_and_still_whole()
    {
        BrokerSetup setup = Setup() with { Wrapper = WithoutRightsOfRoot };
        BrokerProcess broker = await StartReadyAsync(setup);
        ThinClient client = ClientOf(broker);
        await client.CreateTopicAsync("log");
        await client.ProduceAsync("log", 0, "kept");
        await broker.TerminateAsync();
        File.SetUnixFileMode(setup.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        (int exitCode, string log) = await FailToStartAsync(setup);
        Assert.Equal(1, exitCode);
        Assert.Contains($"error: the data folder {setup.DataDirectory} cannot be written", log, StringComparison.Ordinal);

        File.SetUnixFileMode(setup.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ThinClient again = ClientOf(await StartReadyAsync(setup));
        Assert.Single(await again.ReadAllAsync("log", 0));
        await again.MustBeServedAsync();
    }

    private protected override void CleanUp()
    {
        if (_mounted)
        {
            Process.Start("umount", ["--lazy", Folder["disk"]]).WaitForExit();
        }
    }

    // Root may write everywhere; without these two rights it is a user like any other.
    private static IReadOnlyList<string> WithoutRightsOfRoot => Environment.UserName == "root"
        ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
        : [];

    /// <summary>A file system of its own, in memory. Needs the right to mount, which the tests' containers have.</summary>
    private string SmallDisk()
    {
        string disk = Folder["disk"];
        Directory.CreateDirectory(disk);
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", $"size={DiskMegabytes}m", "tmpfs", disk]);
        mount.WaitForExit();
        Assert.True(mount.ExitCode == 0, "These tests mount a small tmpfs: run them as root.");
        _mounted = true;
        return disk;
    }

    private static void Fill(string file, long leaveFree)
    {
        long room = new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace - leaveFree;
        using FileStream stream = File.Create(file);
        byte[] block = new byte[4096];
        try
        {
            for (long written = 0; written < room; written += block.Length)
            {
                stream.Write(block);
            }

            stream.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Full a little earlier than reckoned: all the better.
        }
    }
}
