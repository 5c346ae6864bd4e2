namespace Broker.Storage;

/// <summary>A file does not hold what its format says. The message names the file and what is wrong with it.</summary>
public sealed class CorruptFileException : IOException
{
    /// <summary>Names the file and the fault.</summary>
    public CorruptFileException(string path, string reason) : base($"'{path}' is corrupt: {reason}")
        => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
