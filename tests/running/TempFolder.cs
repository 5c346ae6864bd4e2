namespace Running;

/// <summary>A folder of a test's own, removed with what is in it.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("game-test-").FullName;

    /// <summary>The path of something in it; nothing is created.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string WriteFile(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
