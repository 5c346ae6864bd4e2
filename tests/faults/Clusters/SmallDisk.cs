using System.Globalization;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>A disk in memory that can be full. Only where <see cref="Namespaces.AreOwn"/>.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const long Room = 4L << 30;

    /// <summary>What is left when it is full: some appends fit and then no more.</summary>
    private const long Rest = 64 << 10;

    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    public static async Task<SmallDisk> MountAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        await MountAsync(folder, Room, "");
        return new SmallDisk(folder);
    }

    /// <summary>Leaves it almost no room, as a file that fills it.</summary>
    public Task FillAsync()
    {
        DriveInfo disk = new(_folder);
        return MountAsync(_folder, disk.TotalSize - disk.TotalFreeSpace + Rest, "remount,");
    }

    public Task FreeAsync() => MountAsync(_folder, Room, "remount,");

    public async ValueTask DisposeAsync() => (await Command.RunAsync("umount", [_folder])).ExitCode.ShouldBe(0);

    private static async Task MountAsync(string folder, long bytes, string how)
    {
        CommandResult result = await Command.RunAsync("mount",
            ["-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"{how}size={bytes}"), "disk", folder]);
        result.ExitCode.ShouldBe(0, result.Said);
    }
}
