using System.Buffers;
using System.Globalization;
using RaftStream.Model;
using RaftStream.Simulation.Disk;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>All file systems behave alike where the engine relies on it.</summary>
public sealed class FileSystemTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("raftstream-files-").FullName;

    public static TheoryData<string> Kinds => ["physical", "memory", "simulated"];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private IFileSystem Create(string kind)
    {
        IFileSystem files = kind switch
        {
            "physical" => PhysicalFileSystem.Instance,
            "memory" => new MemoryFileSystem(),
            _ => new SimulatedDisk(seed: 1),
        };
        files.CreateDirectory(_root);
        return files;
    }

    [Fact]
    public void The_limit_of_open_files_is_the_one_of_the_process()
    {
        string line = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string limit = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];

        long expected = limit == "unlimited" ? long.MaxValue : long.Parse(limit, CultureInfo.InvariantCulture);
        Assert.Equal(expected, PhysicalFileSystem.Instance.MaxOpenFiles);
        Assert.Equal(long.MaxValue, ((IFileSystem)new MemoryFileSystem()).MaxOpenFiles);
    }

    [Fact]
    public void A_disk_is_at_least_as_large_as_what_is_free_on_it_and_memory_has_no_size()
    {
        Assert.InRange(PhysicalFileSystem.Instance.TotalBytes(_root), Math.Max(1, PhysicalFileSystem.Instance.FreeBytes(_root)), long.MaxValue - 1);
        Assert.Equal(long.MaxValue, ((IFileSystem)new MemoryFileSystem()).TotalBytes(_root));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_gathered_write_of_any_number_of_pieces_is_the_bytes_in_order(string kind)
    {
        IFileSystem files = Create(kind);
        var random = new Prng(7);
        using IFile file = files.Open(_root + "/f", FileOpenMode.CreateNew);
        foreach (int pieces in (int[])[1, 2, 31, 32, 33, 64, 65, 200])
        {
            byte[] head = new byte[random.Next(62)];
            byte[] rest = new byte[(pieces * 3) + random.Next(5000)];
            random.Fill(head);
            random.Fill(rest);

            file.Write(head, Split(rest, pieces, random), position: 10);

            byte[] read = new byte[head.Length + rest.Length];
            Assert.Equal(read.Length, file.Read(read, 10));
            Assert.Equal([.. head, .. rest], read);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Writes_cuts_and_growth_give_the_bytes_of_an_array(string kind)
    {
        IFileSystem files = Create(kind);
        var random = new Prng(3);
        using IFile file = files.Open(_root + "/f", FileOpenMode.CreateNew);
        byte[] expected = [];
        for (int i = 0; i < 200; i++)
        {
            if (random.OneIn(4))
            {
                int length = random.Next(70_000);
                file.SetLength(length);
                Array.Resize(ref expected, length);
            }
            else
            {
                byte[] bytes = new byte[random.Next(9000)];
                random.Fill(bytes);
                int at = random.Next(60_000);
                file.Write(bytes, at);
                Array.Resize(ref expected, bytes.Length == 0 ? expected.Length : Math.Max(expected.Length, at + bytes.Length));
                bytes.CopyTo(expected.AsSpan(Math.Min(at, expected.Length)));
            }
        }

        byte[] read = new byte[expected.Length + 10];
        Assert.Equal(expected.Length, file.Length);
        Assert.Equal(expected.Length, file.Read(read, 0));
        Assert.Equal(expected, read[..expected.Length]);
        Assert.Equal(0, file.Read(read, expected.Length));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_rename_replaces_and_an_open_handle_outlives_its_name(string kind)
    {
        IFileSystem files = Create(kind);
        using IFile old = files.Open(_root + "/b", FileOpenMode.CreateNew);
        old.Write([1], 0);
        using (IFile young = files.Open(_root + "/a", FileOpenMode.CreateNew))
        {
            young.Write([2, 2], 0);
            young.Flush();
        }

        files.Rename(_root + "/a", _root + "/b");
        files.SyncDirectory(_root);

        Assert.Equal(["b"], files.ListFiles(_root));
        using IFile opened = files.Open(_root + "/b", FileOpenMode.Read);
        Assert.Equal(2, opened.Length);
        Assert.Equal(1, old.Length);
        files.DeleteFile(_root + "/b");
        files.DeleteFile(_root + "/b"); // Missing is fine.
        Assert.Equal(2, opened.Length);
        Assert.False(files.FileExists(_root + "/b"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Names_are_listed_in_order_and_folders_move_with_what_is_in_them(string kind)
    {
        IFileSystem files = Create(kind);
        files.CreateDirectory(_root + "/x/y");
        foreach (string name in (string[])["c", "a", "b"])
        {
            files.Open($"{_root}/x/{name}", FileOpenMode.CreateNew).Dispose();
        }

        Assert.Equal(["a", "b", "c"], files.ListFiles(_root + "/x"));
        files.Rename(_root + "/x", _root + "/z");
        Assert.Equal(["y"], files.ListDirectories(_root + "/z"));
        Assert.Equal(["a", "b", "c"], files.ListFiles(_root + "/z"));
        Assert.False(files.DirectoryExists(_root + "/x"));
        files.DeleteDirectory(_root + "/z");
        files.DeleteDirectory(_root + "/z");
        Assert.Empty(files.ListDirectories(_root));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_missing_or_there_already_is_a_typed_error(string kind)
    {
        IFileSystem files = Create(kind);

        Assert.Equal(StorageErrorKind.Missing, Assert.Throws<StorageException>(() => files.Open(_root + "/no", FileOpenMode.Read)).Kind);
        files.Open(_root + "/f", FileOpenMode.CreateNew).Dispose();
        Assert.Throws<StorageException>(() => files.Open(_root + "/f", FileOpenMode.CreateNew));
        using (files.Lock(_root + "/.lock"))
        {
            Assert.Equal(StorageErrorKind.Locked, Assert.Throws<StorageException>(() => files.Lock(_root + "/.lock")).Kind);
        }

        files.Lock(_root + "/.lock").Dispose();
        Assert.True(files.FreeBytes(_root) > 0);
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, int pieces, Prng random)
    {
        Piece first = new(default, 0);
        Piece last = first;
        int at = 0;
        for (int i = 0; i < pieces; i++)
        {
            int left = bytes.Length - at;
            int size = i == pieces - 1 ? left : random.Next(Math.Max(1, 2 * left / (pieces - i)));
            last = last.Append(bytes.AsMemory(at, size)); // Empty pieces too.
            at += size;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        internal Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
