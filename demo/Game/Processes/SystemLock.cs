namespace Game.Cli.Processes;

/// <summary>One demo or up at a time in one project folder. The kernel gives the lock back when its holder ends, however it ends.</summary>
internal static class SystemLock
{
    /// <exception cref="UserErrorException">Another one is being started or runs in the foreground.</exception>
    public static FileStream Take()
    {
        Directory.CreateDirectory(SystemFolder.Root);
        try
        {
            return new FileStream(Path.Combine(SystemFolder.Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new UserErrorException("Another ./game demo or up is at work in this folder: wait for it, or end it.", e);
        }
    }
}
