using System.Diagnostics;

namespace Faults.Tests.Running;

/// <summary>The published programs: those that <c>./game test</c> names in GAME_APPS, else those that <c>./game apps</c> publishes.</summary>
internal static class Published
{
    private static readonly Lazy<string> Found = new(Find);

    /// <summary>The folder of the published programs.</summary>
    public static string Folder => Found.Value;

    public static string PathOf(string program) => Path.Combine(Folder, program, program);

    /// <summary>Where the programs find the runtime: the one that runs this test.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("GAME_APPS") is { Length: > 0 } given)
            return given;
        var start = new ProcessStartInfo(Path.Combine(ProjectRoot(), "game"), "apps") { RedirectStandardOutput = true };
        using Process publishing = Process.Start(start)!;
        string folder = publishing.StandardOutput.ReadToEnd().Trim();
        publishing.WaitForExit();
        publishing.ExitCode.ShouldBe(0, "./game apps must publish the programs");
        return folder;
    }

    private static string ProjectRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Game.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests must run from within the project, or be given GAME_APPS.");
    }
}
