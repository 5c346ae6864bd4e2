namespace Broker.Storage.Files;

/// <summary>
/// Failures that do not mean that the disk is broken: space or handles are used up, and may become free again. They are recognised by Linux's error numbers,
/// which .NET passes on in <see cref="Exception.HResult"/>.
/// </summary>
public static class Shortage
{
    /// <summary>ENOSPC: the disk is full.</summary>
    public const int NoSpace = 28;

    /// <summary>EMFILE: this process has no handle left.</summary>
    public const int ProcessHandles = 24;

    /// <summary>EFBIG: the file may not grow further (<c>ulimit -f</c>).</summary>
    public const int FileTooLarge = 27;

    private const int SystemHandles = 23;
    private const int Quota = 122;

    /// <summary>No handle is left, of the process or the system.</summary>
    public static bool IsOfHandles(IOException failure) => failure.HResult is ProcessHandles or SystemHandles;

    /// <summary>No handle, or no space for what should be written.</summary>
    public static bool Is(IOException failure) => IsOfHandles(failure) || failure.HResult is NoSpace or Quota or FileTooLarge;
}
