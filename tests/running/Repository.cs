namespace Running;

/// <summary>The folder that holds Game.sln, found upwards from the running test.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Game.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder ?? throw new InvalidOperationException("Game.sln is not above the tests.");
    }
}
