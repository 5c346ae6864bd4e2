using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Running;

/// <summary>The published programs: in the folder of GAME_APPS, which <c>./game test</c> sets, else where <c>./game apps</c> puts them.</summary>
public static class Programs
{
    private static readonly Lazy<string> Published = new(Find);

    /// <summary>The folder of the published programs.</summary>
    public static string Folder => Published.Value;

    /// <summary>The environment that every program of the project needs.</summary>
    /// <param name="home">The folder under which the demo writes its data.</param>
    public static IReadOnlyDictionary<string, string> Environment(string home)
        => new Dictionary<string, string>(StringComparer.Ordinal) { ["GAME_APPS"] = Folder, ["GAME_HOME"] = home, ["DOTNET_ROOT"] = RuntimeRoot };

    /// <summary>The executable of a program, e.g. "broker" or "game-cli".</summary>
    public static string PathOf(string program) => Path.Combine(Folder, program, program);

    // ROOT/shared/Microsoft.NETCore.App/VERSION/ is the runtime's folder.
    private static string RuntimeRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string Find()
    {
        if (System.Environment.GetEnvironmentVariable("GAME_APPS") is { Length: > 0 } given)
        {
            return given;
        }
        ProcessStartInfo start = new(Path.Combine(Repository.Root, "game"), ["apps"]) { UseShellExecute = false, RedirectStandardOutput = true };
        using Process publishing = Process.Start(start)!;
        string folder = publishing.StandardOutput.ReadToEnd().Trim();
        publishing.WaitForExit();
        return publishing.ExitCode == 0 ? folder : throw new InvalidOperationException("./game apps did not publish the programs; call it to see why.");
    }
}
