namespace Game.Demo.Tests;

/// <summary>Tests with their own project folder. Environment variables name the folder, so these tests run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class GameHome
{
    public const string Name = "game home";
}

/// <summary>A temporary folder that is the project folder and the programs' folder of this process until it is disposed.</summary>
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

    /// <summary>Publishes a shell script in the place of a program.</summary>
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
