namespace Architecture.Tests;

/// <summary>The files of the checkout, as full paths.</summary>
internal static class SourceTree
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Project files of the product, without those of tests.</summary>
    public static IEnumerable<string> Projects() => Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories).Where(file => !IsTest(file));

    /// <summary>C# sources of the product.</summary>
    public static IEnumerable<string> Product() => All().Where(file => !IsTest(file));

    /// <summary>C# sources, also of tests, without files that a build made.</summary>
    public static IEnumerable<string> All() => Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
            && !Relative(file).StartsWith('.'));

    /// <summary>The path below the root.</summary>
    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    private static bool IsTest(string file) => Relative(file).StartsWith("tests/", StringComparison.Ordinal);

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Game.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder ?? throw new InvalidOperationException("Game.sln is not above the tests.");
    }
}
