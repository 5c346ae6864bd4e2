namespace Game.Cli.Processes;

/// <summary>The lock of a project folder: one demo, up or bench at a time. The kernel releases it when its holder ends, even if the holder is killed.</summary>
internal static class SystemLock
{
    /// <exception cref="UserErrorException">Another ./game demo, up or bench holds the lock.</exception>
    public static FileStream Acquire()
    {
        Directory.CreateDirectory(SystemFolder.Root);
        try
        {
            return new FileStream(Path.Combine(SystemFolder.Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new UserErrorException("Another ./game demo, up or bench runs in this folder: wait for it, or end it.", e);
        }
    }
}
