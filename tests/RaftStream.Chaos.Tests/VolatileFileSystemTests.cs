using System.Runtime.InteropServices;
using RaftStream.Chaos.Host;
using RaftStream.Model;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Chaos.Tests;

public sealed class VolatileFileSystemTests : IDisposable
{
    private const string Name = "/data/file";
    private readonly MemoryFileSystem _below = new();
    private readonly Faults _faults = new("/nonexistent/faults");

    public VolatileFileSystemTests() => _below.CreateDirectory("/data");

    [Fact]
    public void What_was_flushed_survives_and_the_rest_is_gone()
    {
        var disk = new VolatileFileSystem(_below, _faults);
        IFile file = disk.Open(Name, FileOpenMode.CreateNew);
        file.Write([1, 2, 3], 0);
        file.Flush();
        file.Write([4, 5], 3);
        Assert.Equal([1, 2, 3, 4, 5], ReadAll(disk));

        Assert.Equal([1, 2, 3], ReadAll(AfterPowerLoss()));
    }

    [Fact]
    public void A_cut_that_was_not_flushed_is_gone()
    {
        var disk = new VolatileFileSystem(_below, _faults);
        IFile file = disk.Open(Name, FileOpenMode.CreateNew);
        file.Write([1, 2, 3], 0);
        file.Flush();
        file.SetLength(1);
        file.Write([9], 1);
        disk.WriteBackSome(new Prng(1));
        Assert.Equal([1, 9], ReadAll(disk));

        Assert.Equal([1, 2, 3], ReadAll(AfterPowerLoss()));
    }

    [Fact]
    public void A_renamed_file_keeps_what_was_not_flushed_until_the_power_is_lost()
    {
        var disk = new VolatileFileSystem(_below, _faults);
        disk.Open("/data/file.tmp", FileOpenMode.CreateNew).Write([1, 2, 3], 0);
        disk.Rename("/data/file.tmp", Name);
        Assert.Equal([1, 2, 3], ReadAll(disk));

        Assert.Empty(ReadAll(AfterPowerLoss()));
    }

    [Fact]
    public void A_liar_loses_records_that_it_flushed()
    {
        var disk = new VolatileFileSystem(_below, new Faults("/nonexistent/faults") { FlushLies = true });
        IFile file = disk.Open("/data/0.log", FileOpenMode.CreateNew);
        file.Write([1], 0);
        file.Flush();

        Assert.Equal(0, AfterPowerLoss().Open("/data/0.log", FileOpenMode.Read).Length);
    }

    [Fact]
    public void A_full_disk_refuses_to_grow_a_file()
    {
        string words = Path.GetTempFileName();
        try
        {
            File.WriteAllText(words, "no-space");
            using var faults = new Faults(words);
            faults.Watch();
            var disk = new VolatileFileSystem(_below, faults);
            IFile file = disk.Open(Name, FileOpenMode.CreateNew);

            StorageException error = Assert.Throws<StorageException>(() => file.Write([1], 0));
            Assert.Equal(StorageErrorKind.DiskFull, error.Kind);
            Assert.Equal(0, disk.FreeBytes("/data"));
        }
        finally
        {
            File.Delete(words);
        }
    }

    [Fact]
    public void Reads_are_those_of_an_ordinary_file_and_after_a_power_loss_what_was_flushed_is_there()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            LiveOneLife(new Prng(seed));
        }
    }

    private static void LiveOneLife(Prng random)
    {
        var below = new MemoryFileSystem();
        below.CreateDirectory("/data");
        var disk = new VolatileFileSystem(below, new Faults("/nonexistent/faults"));
        IFile file = disk.Open(Name, FileOpenMode.CreateNew);
        var model = new List<byte>();
        int flushed = 0;
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(6))
            {
                case 0:
                    file.Flush();
                    flushed = model.Count;
                    break;
                case 1:
                    disk.WriteBackSome(random);
                    break;
                case 2 when model.Count > flushed:
                    int length = flushed + random.Next(model.Count - flushed);
                    file.SetLength(length);
                    model.RemoveRange(length, model.Count - length);
                    break;
                default:
                    byte[] bytes = new byte[random.Next(6_000)];
                    random.Fill(bytes);
                    file.Write(bytes, model.Count);
                    model.AddRange(bytes);
                    break;
            }

            Assert.True(CollectionsMarshal.AsSpan(model).SequenceEqual(ReadAll(disk)));
        }

        byte[] left = ReadAll(new VolatileFileSystem(below, new Faults("/nonexistent/faults")));
        Assert.True(CollectionsMarshal.AsSpan(model)[..flushed].SequenceEqual(left.AsSpan(0, flushed)));
    }

    public void Dispose() => _faults.Dispose();

    private VolatileFileSystem AfterPowerLoss() => new(_below, _faults);

    private static byte[] ReadAll(VolatileFileSystem disk)
    {
        using IFile file = disk.Open(Name, FileOpenMode.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }
}
