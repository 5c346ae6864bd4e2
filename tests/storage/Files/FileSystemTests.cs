using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Broker.Storage.Files;

namespace Broker.Storage.Tests.Files;

/// <summary>What the log relies on, on a real disk and in memory alike.</summary>
public sealed class FileSystemTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "storage-tests-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    public static TheoryData<bool> Both => [true, false];

    private (IFileSystem Disk, string Root) Disk(bool real)
    {
        IFileSystem disk = real ? new RealFileSystem() : new InMemoryFileSystem(tracksDurability: true);
        disk.CreateDirectory(_root);
        return (disk, _root);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void What_is_written_by_position_is_read_by_position(bool real)
    {
        (IFileSystem disk, string at) = Disk(real);
        using IOpenFile file = disk.Open(Path.Combine(at, "f"), FileOpen.OrCreate);
        file.Write(3, "abc"u8);
        file.Length.ShouldBe(6);
        byte[] read = new byte[10];
        file.Read(2, read).ShouldBe(4);
        read[..4].ShouldBe("\0abc"u8.ToArray());
        file.SetLength(4);
        file.Read(0, read).ShouldBe(4);
        file.Read(9, read).ShouldBe(0);
        file.SetLength(6);
        file.Read(4, read).ShouldBe(2);
        read[..2].ShouldBe(new byte[2], "a file grows by zeros");
        file.Sync();
    }

    [Fact]
    public void A_missing_right_is_a_failure_of_the_disk_that_names_the_path()
    {
        (IFileSystem disk, string at) = Disk(real: true);
        string folder = Path.Combine(at, "folder");
        disk.CreateDirectory(folder);
        // A folder where a file is meant is one to .NET.
        foreach (Action call in new Action[] { () => disk.Open(folder, FileOpen.Existing), () => disk.DeleteFile(folder), () => disk.Lock(folder) })
        {
            Should.Throw<IOException>(call).Message.ShouldContain(folder);
        }
        if (Environment.IsPrivilegedProcess)
        {
            return;
        }

        File.SetUnixFileMode(folder, UnixFileMode.None);
        foreach (Action call in new Action[] { () => disk.List(folder), () => disk.CreateDirectory(Path.Combine(folder, "f")),
            () => disk.RenameFile(Path.Combine(folder, "a"), Path.Combine(at, "b")) })
        {
            Should.Throw<IOException>(call);
        }
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void A_socket_takes_bytes_of_a_file_until_it_is_full_and_nothing_past_the_end()
    {
        byte[] bytes = new byte[32 << 20];
        new Random(1).NextBytes(bytes);
        (IFileSystem disk, string at) = Disk(real: true);
        using IOpenFile file = disk.Open(Path.Combine(at, "f"), FileOpen.OrCreate);
        file.Write(0, bytes);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using Socket sender = new(SocketType.Stream, ProtocolType.Tcp);
        sender.Connect(listener.LocalEndpoint);
        sender.Blocking = false;
        using Socket receiver = listener.AcceptSocket();

        int sent = 0;
        for (int took; (took = file.SendTo(sender.SafeHandle, 5 + sent, bytes.Length)!.Value) > 0;)
        {
            sent += took;
        }

        sent.ShouldBeInRange(1, bytes.Length - 6, "nobody reads");
        byte[] received = new byte[sent];
        for (int got = 0; got < sent;)
        {
            got += receiver.Receive(received.AsSpan(got));
        }
        received.AsSpan().SequenceEqual(bytes.AsSpan(5, sent)).ShouldBeTrue();
        file.SendTo(sender.SafeHandle, bytes.Length, 10).ShouldBeNull("the file has ended");
        receiver.LingerState = new LingerOption(enable: true, seconds: 0);
        receiver.Dispose();
        sender.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).ShouldBeTrue("the reset has arrived");
        Should.Throw<IOException>(() => file.SendTo(sender.SafeHandle, 0, 10));
        using IOpenFile memory = new InMemoryFileSystem().Open("/f", FileOpen.OrCreate);
        memory.Write(0, "abc"u8);
        memory.SendTo(sender.SafeHandle, 0, 3).ShouldBeNull("memory has to be read");
    }

    [Fact]
    public void What_was_just_written_is_cached_and_what_is_not_there_is_not()
    {
        (IFileSystem disk, string at) = Disk(real: true);
        using IOpenFile file = disk.Open(Path.Combine(at, "f"), FileOpen.OrCreate);
        file.Write(0, new byte[300_000]);
        if (!file.IsCached(0, 1))
        {
            Assert.Skip("this file system does not tell what is cached");
        }
        file.IsCached(0, 300_000).ShouldBeTrue();
        file.IsCached(299_999, 1).ShouldBeTrue();
        file.IsCached(299_999, 2).ShouldBeFalse();
        file.IsCached(1_000_000, 1).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Files_and_folders_are_renamed_listed_and_deleted(bool real)
    {
        (IFileSystem disk, string at) = Disk(real);
        string folder = Path.Combine(at, "a", "b");
        disk.CreateDirectory(folder);
        using (IOpenFile file = disk.Open(Path.Combine(folder, "x"), FileOpen.OrCreate))
        {
            file.Write(0, "12"u8);
        }
        disk.Open(Path.Combine(folder, "y"), FileOpen.OrCreate).Dispose();
        disk.RenameFile(Path.Combine(folder, "x"), Path.Combine(folder, "y"));
        disk.List(folder).ShouldBe([new FileEntry("y", IsDirectory: false, 2)]);
        disk.SyncDirectory(folder);
        disk.RenameDirectory(folder, Path.Combine(at, "c"));
        disk.FileExists(Path.Combine(at, "c", "y")).ShouldBeTrue();
        disk.DirectoryExists(folder).ShouldBeFalse();
        disk.LastWriteMs(Path.Combine(at, "c", "y")).ShouldBeGreaterThan(0);
        disk.DeleteFile(Path.Combine(at, "c", "none"));
        disk.DeleteDirectory(Path.Combine(at, "c"));
        disk.DirectoryExists(Path.Combine(at, "c")).ShouldBeFalse();
        disk.DeleteDirectory(Path.Combine(at, "c"));
        Should.Throw<FileNotFoundException>(() => disk.Open(Path.Combine(at, "none"), FileOpen.Existing));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_lock_keeps_a_second_broker_of_the_same_process_out_until_it_is_given_back(bool real)
    {
        (IFileSystem disk, string at) = Disk(real);
        string path = Path.Combine(at, ".lock");
        using (disk.Lock(path))
        {
            Should.Throw<IOException>(() => disk.Lock(path)).Message.ShouldContain("another broker");
            Should.Throw<IOException>(() => disk.Lock(path), "a failed attempt must not have freed it");
        }
        disk.Lock(path).Dispose();
    }

    [Fact]
    public void A_power_cut_takes_only_what_was_not_synced()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            InMemoryFileSystem disk = new(tracksDurability: true);
            disk.CreateDirectory("/d");
            disk.SyncDirectory("/");
            using IOpenFile file = disk.Open("/d/f", FileOpen.OrCreate);
            file.Write(0, "synced"u8);
            file.Sync();
            disk.SyncDirectory("/d");
            file.Write(6, "later"u8);
            InMemoryFileSystem after = disk.AfterPowerCut(new Random(seed));
            using IOpenFile survivor = after.Open("/d/f", FileOpen.Existing);
            byte[] bytes = new byte[20];
            survivor.Read(0, bytes).ShouldBeInRange(6, 11);
            bytes[..6].ShouldBe("synced"u8.ToArray());
        }
    }

    [Fact]
    public void A_full_disk_writes_a_part_and_says_so()
    {
        InMemoryFileSystem disk = new() { Capacity = 8 };
        disk.CreateDirectory("/d");
        using IOpenFile file = disk.Open("/d/f", FileOpen.OrCreate);
        file.Write(0, "12345"u8);
        Should.Throw<IOException>(() => file.Write(5, "67890"u8)).Message.ShouldContain("No space");
        file.Length.ShouldBe(8);
    }

    [Fact]
    public async Task The_cache_keeps_few_files_open_while_many_threads_use_many()
    {
        const int Files = 64;
        CountingDisk disk = new();
        HandleCache handles = new(disk, 8);
        disk.Inner.CreateDirectory("/d");
        LogFolder folder = new(handles, "/d");
        CachedFile[] cached = [.. Enumerable.Range(0, Files).Select(i => new CachedFile(folder, $"f{i}"))];
        foreach (CachedFile file in cached)
        {
            file.Create();
        }
        disk.Open_.ShouldBe(8);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            Random random = new(thread);
            byte[] one = new byte[8];
            for (int i = 0; i < 5_000; i++)
            {
                int number = random.Next(Files);
                BitConverter.TryWriteBytes(one, (long)number);
                cached[number].Write(0, one);
                cached[number].Read(0, one).ShouldBe(8);
                BitConverter.ToInt64(one).ShouldBe(number);
            }
        }, TestContext.Current.CancellationToken)));
        handles.OpenFiles.ShouldBeInRange(1, 8 + 4);
        disk.Open_.ShouldBe(handles.OpenFiles, "what the cache forgot is closed");
    }

    [Fact]
    public async Task A_folder_whose_disk_stalls_delays_no_file_of_another_one()
    {
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim disk = new();
        CountingDisk stalling = new();
        HandleCache handles = new(stalling, 1);
        CachedFile stalled = new(FolderOf(stalling, handles, "/a"), "f");
        stalled.Create();
        stalling.BeforeRename = () => Stall(reached, disk);
        Task renaming = Task.Run(() => stalled.Rename("g"), TestContext.Current.CancellationToken);
        reached.Wait(TestContext.Current.CancellationToken);
        CachedFile other = new(FolderOf(stalling, handles, "/b"), "f");
        Task writing = Task.Run(() =>
        {
            other.Create();
            other.Write(0, "hello"u8);
        }, TestContext.Current.CancellationToken);
        await ReleaseAfter(writing, disk);
        handles.OpenFiles.ShouldBe(1, "the cache closed the file whose rename stalls");
        await renaming;
        stalled.Length().ShouldBe(0);
    }

    [Fact]
    public async Task A_file_is_closed_while_another_one_of_its_folder_stalls()
    {
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim disk = new();
        CountingDisk stalling = new();
        LogFolder folder = FolderOf(stalling, new HandleCache(stalling, 2), "/a");
        CachedFile stalled = new(folder, "f");
        CachedFile idle = new(folder, "g");
        stalled.Create();
        idle.Create();
        stalling.BeforeRename = () => Stall(reached, disk);
        Task renaming = Task.Run(() => stalled.Rename("h"), TestContext.Current.CancellationToken);
        reached.Wait(TestContext.Current.CancellationToken);
        Task closing = Task.Run(idle.Close, TestContext.Current.CancellationToken);
        await ReleaseAfter(closing, disk);
        stalling.Open_.ShouldBe(1);
        await renaming;
    }

    [Fact]
    public async Task A_close_that_stalls_delays_no_file_of_another_folder()
    {
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim disk = new();
        CountingDisk stalling = new();
        HandleCache handles = new(stalling, 1);
        new CachedFile(FolderOf(stalling, handles, "/a"), "f").Create();
        LogFolder folder = FolderOf(stalling, handles, "/b");
        stalling.BeforeClose = path =>
        {
            if (path == "/a/f")
            {
                Stall(reached, disk);
            }
        };
        Task evicting = Task.Run(new CachedFile(folder, "f").Create, TestContext.Current.CancellationToken);
        reached.Wait(TestContext.Current.CancellationToken);
        Task creating = Task.Run(new CachedFile(folder, "g").Create, TestContext.Current.CancellationToken);
        await ReleaseAfter(creating, disk);
        await evicting;
        (handles.OpenFiles, stalling.Open_).ShouldBe((1, 1));
    }

    [Fact]
    public void A_cached_file_follows_renames_of_itself_and_of_its_folder()
    {
        InMemoryFileSystem disk = new();
        disk.CreateDirectory("/d");
        LogFolder folder = new(new HandleCache(disk, 2), "/d");
        CachedFile file = new(folder, "a");
        file.Create();
        file.Write(0, "hello"u8);
        file.Rename("b");
        folder.Rename("/e");
        file.Close();
        file.Length().ShouldBe(5);
        disk.FileExists("/e/b").ShouldBeTrue();
        file.Delete();
        disk.FileExists("/e/b").ShouldBeFalse();
    }

    private static LogFolder FolderOf(CountingDisk disk, HandleCache handles, string path)
    {
        disk.CreateDirectory(path);
        return new LogFolder(handles, path);
    }

    private static void Stall(ManualResetEventSlim reached, ManualResetEventSlim disk)
    {
        reached.Set();
        disk.Wait(TestContext.Current.CancellationToken);
    }

    /// <summary>The call must end while the disk stalls; the disk is released in any case, so that a failure leaves no thread behind.</summary>
    private static async Task ReleaseAfter(Task call, ManualResetEventSlim disk)
    {
        try
        {
            await call.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
        finally
        {
            disk.Set();
        }
    }

    private sealed class CountingDisk : IFileSystem
    {
        private int _open;

        public InMemoryFileSystem Inner { get; } = new();

        public int Open_ => Volatile.Read(ref _open);

        public Action? BeforeRename { get; set; }

        public Action<string>? BeforeClose { get; set; }

        public IOpenFile Open(string path, FileOpen how)
        {
            Interlocked.Increment(ref _open);
            return new Counted(this, Inner.Open(path, how), path);
        }

        public bool FileExists(string path) => Inner.FileExists(path);

        public bool DirectoryExists(string path) => Inner.DirectoryExists(path);

        public IReadOnlyList<FileEntry> List(string path) => Inner.List(path);

        public void CreateDirectory(string path) => Inner.CreateDirectory(path);

        public void SyncDirectory(string path) => Inner.SyncDirectory(path);

        public void RenameFile(string from, string to)
        {
            BeforeRename?.Invoke();
            Inner.RenameFile(from, to);
        }

        public void RenameDirectory(string from, string to) => Inner.RenameDirectory(from, to);

        public void DeleteFile(string path) => Inner.DeleteFile(path);

        public void DeleteDirectory(string path) => Inner.DeleteDirectory(path);

        public long LastWriteMs(string path) => Inner.LastWriteMs(path);

        public IDisposable Lock(string path) => Inner.Lock(path);

        private sealed class Counted(CountingDisk disk, IOpenFile inner, string path) : IOpenFile
        {
            private bool _closed;

            public long Length => inner.Length;

            public int Read(long position, Span<byte> into)
            {
                _closed.ShouldBeFalse("a file in use is never closed");
                return inner.Read(position, into);
            }

            public void Write(long position, ReadOnlySpan<byte> bytes)
            {
                _closed.ShouldBeFalse("a file in use is never closed");
                inner.Write(position, bytes);
            }

            public int? SendTo(SafeHandle socket, long position, int count) => inner.SendTo(socket, position, count);

            public bool IsCached(long position, int count) => inner.IsCached(position, count);

            public void SetLength(long length) => inner.SetLength(length);

            public void Sync() => inner.Sync();

            public void Dispose()
            {
                _closed = true;
                disk.BeforeClose?.Invoke(path);
                Interlocked.Decrement(ref disk._open);
                inner.Dispose();
            }
        }
    }
}
