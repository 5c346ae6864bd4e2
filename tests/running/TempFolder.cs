namespace Running;

/// <summary>A temporary folder of one test; Dispose deletes it with its content.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("game-test-").FullName;

    /// <summary>The path of a file or folder in it; creates nothing.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string WriteFile(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
