namespace Game.Demo.Tests;

/// <summary>A project folder of a test's own, where <c>.game</c> will lie. The environment names it, so whoever needs one takes turns.</summary>
[CollectionDefinition(Name)]
public sealed class GameHome
{
    public const string Name = "game home";
}

/// <summary>Names a temporary project folder, and one for programs, to this process for as long as it lives.</summary>
internal sealed class TemporaryHome : IDisposable
{
    private static readonly string[] Variables = ["GAME_HOME", "GAME_APPS"];
    private readonly string?[] _before = [.. Variables.Select(Environment.GetEnvironmentVariable)];

    public TemporaryHome()
    {
        foreach (string variable in Variables)
        {
            Environment.SetEnvironmentVariable(variable, Path);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("home-").FullName;

    /// <summary>A file under <c>.game</c>.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, ".game", name);

    /// <summary>Publishes a program that is a script of the shell.</summary>
    public void Publish(string program, string script)
    {
        string file = System.IO.Path.Combine(Directory.CreateDirectory(System.IO.Path.Combine(Path, program)).FullName, program);
        File.WriteAllText(file, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose()
    {
        for (int i = 0; i < Variables.Length; i++)
        {
            Environment.SetEnvironmentVariable(Variables[i], _before[i]);
        }
        Directory.Delete(Path, recursive: true);
    }
}
