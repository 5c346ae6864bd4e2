namespace Broker.Storage;

/// <summary>A file does not hold what its format says. The message names the file and what is wrong with it.</summary>
/// <param name="file">The file.</param>
/// <param name="reason">What is wrong.</param>
public sealed class CorruptFileException(string file, string reason) : IOException($"'{file}' is corrupt: {reason}")
{
    /// <summary>The file.</summary>
    public string File { get; } = file;
}
