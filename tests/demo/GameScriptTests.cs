using System.Diagnostics;

namespace Game.Demo.Tests;

/// <summary>The script <c>game</c> in its own folder, with a <c>dotnet</c> that only records its arguments.</summary>
public sealed class GameScriptTests : IDisposable
{
    /// <summary>Each call of the script takes a fraction of a second.</summary>
    private const int PatienceMs = 30_000;

    private const string Dotnet = """
        #!/usr/bin/env bash
        case $1 in
            --list-sdks) echo "10.0.401 [/sdk]" ;;
            build)
                echo "$*" >>"$NOTES/arguments"
                echo "${DOTNET_CLI_HOME:-}" >"$NOTES/home"
                [[ -e /proc/self/fd/8 ]] && touch "$NOTES/has-the-lock"
                [[ -n ${BUILD_SAYS:-} ]] && { echo "$BUILD_SAYS"; exit 1; }
                for argument; do
                    if [[ $argument == -p:AppsDirectory=* ]]; then
                        apps=${argument#*=}
                        mkdir -p "$apps/game-cli"
                        printf '#!/usr/bin/env bash\necho "ran $*"\n' >"$apps/game-cli/game-cli"
                        chmod +x "$apps/game-cli/game-cli"
                    fi
                done ;;
            *) echo "${TESTS_SAY:-}"; exit "${TESTS_EXIT:-0}" ;;
        esac
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("game-script-").FullName;

    public GameScriptTests()
    {
        File.Copy(Path.Combine(RepositoryRoot(), "game"), Path.Combine(_root, "game"));
        foreach (string file in (string[])["Directory.Build.props", "Directory.Packages.props", "global.json", "tests/one/One.Tests.csproj",
            "tests/one/bin/Release/One.Tests.dll"])
        {
            Write(file, "");
        }
        foreach (string folder in (string[])["analysis", "broker", "contracts", "game-server", "detector", "hdfs-sink", "demo", "bin", "notes"])
        {
            Directory.CreateDirectory(Path.Combine(_root, folder));
        }
        File.Copy(Path.Combine(RepositoryRoot(), "demo/zookeeper"), Path.Combine(_root, "demo/zookeeper"));
        Write("bin/dotnet", Dotnet);
        File.SetUnixFileMode(Path.Combine(_root, "bin/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_programs_are_published_once_and_run()
    {
        (await RunAsync("status", "--json")).ShouldBe((0, "ran status --json\n", "game: publishing the programs (once, a minute or two) …\n"));
        (await RunAsync("status")).ShouldBe((0, "ran status\n", ""));
        (await File.ReadAllLinesAsync(Note("arguments"), TestContext.Current.CancellationToken)).ShouldHaveSingleItem();
    }

    /// <summary>A process that still runs after the publish would keep its lock.</summary>
    [Fact]
    public async Task The_build_does_not_inherit_the_lock_and_leaves_no_process()
    {
        await RunAsync("status");
        File.Exists(Note("has-the-lock")).ShouldBeFalse();
        string arguments = await File.ReadAllTextAsync(Note("arguments"), TestContext.Current.CancellationToken);
        arguments.ShouldContain("-nodeReuse:false");
        arguments.ShouldContain("-p:UseSharedCompilation=false");
    }

    [Fact(Timeout = PatienceMs)]
    public async Task A_call_that_waits_for_another_publish_says_so()
    {
        Write(".build/lock", "");
        using Process holder = Process.Start(new ProcessStartInfo("flock",
            [Path.Combine(_root, ".build/lock"), "sh", "-c", "echo held; read line"])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        using Process game = Start("status");
        (await game.StandardError.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("game: waiting for another publish of this folder …");
        holder.StandardInput.Close();
        await game.WaitForExitAsync(TestContext.Current.CancellationToken);
        game.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("killed", "killed", "game: the programs could not be published; details in .build/publish.log.")]
    [InlineData("/a/x.csproj : error NU1101: No x. [/a/y.csproj]\n/a/y.csproj : error NU1101: No x.", "error NU1101: No x.",
        "game: a package could not be restored: check that NuGet's registry can be reached, then call again (details in .build/publish.log).")]
    public async Task A_failed_publish_ends_with_a_sentence(string log, string shown, string sentence)
    {
        (int code, _, string error) = await RunAsync("status", ("BUILD_SAYS", log));
        code.ShouldBe(1);
        error.Split('\n')[1..^1].ShouldBe([shown, sentence]);
        (await RunAsync("status")).Code.ShouldBe(0);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("/nonexistent", true)]
    [InlineData("/tmp", false)]
    public async Task Without_a_writable_home_the_sdk_gets_a_folder_beside_the_build(string? home, bool given)
    {
        (await RunAsync("status", ("HOME", home))).Code.ShouldBe(0);
        (await File.ReadAllTextAsync(Note("home"), TestContext.Current.CancellationToken)).TrimEnd().ShouldBe(given ? Path.Combine(_root, ".build/home") : "");
    }

    [Fact]
    public async Task A_missing_test_folder_is_named_before_anything_is_built()
    {
        (await RunAsync(["test", "--only", "one", "--only", "onne"])).ShouldBe((1, "", "game: there is no test project in tests/onne.\n"));
        File.Exists(Note("arguments")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", 1, "0 passed, 1 failed, 0 skipped")]
    [InlineData("  succeeded: 3\n  failed: 0\n  skipped: 2", 0, "3 passed, 0 failed, 2 skipped")]
    [InlineData("  succeeded: 0\n  failed: 0\n  skipped: 2", 0, "0 passed, 0 failed, 2 skipped")]
    public async Task A_project_without_a_test_fails(string printed, int code, string last)
    {
        (int exit, string output, string error) = await RunAsync(["test", "--only", "one"], ("TESTS_SAY", printed));
        exit.ShouldBe(code);
        output.TrimEnd().Split('\n')[^1].ShouldBe(last);
        error.Contains("tests/one reports no test at all").ShouldBe(code != 0);
    }

    [Fact]
    public async Task ZooKeeper_needs_no_publish()
    {
        (await RunAsync(["zookeeper", "--prot"])).ShouldBe((2, "", "game: zookeeper knows no --prot; see ./game zookeeper --help.\n"));
        (await RunAsync(["zookeeper", "--help"])).Output.ShouldStartWith("./game zookeeper [--port PORT] [--data FOLDER]\n");
        File.Exists(Note("arguments")).ShouldBeFalse();
    }

    private Task<(int Code, string Output, string Error)> RunAsync(string verb, params (string Name, string? Value)[] environment)
        => RunAsync([verb], environment);

    private Task<(int Code, string Output, string Error)> RunAsync(string verb, string argument) => RunAsync([verb, argument]);

    private async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments, params (string Name, string? Value)[] environment)
    {
        using Process game = Start(arguments, environment);
        Task<string> output = game.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await game.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await game.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (game.ExitCode, await output, error);
    }

    private Process Start(string verb) => Start([verb], []);

    private Process Start(string[] arguments, (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = new(Path.Combine(_root, "game"), arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Path.Combine(_root, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["NOTES"] = Path.Combine(_root, "notes");
        start.Environment.Remove("DOTNET_CLI_HOME");
        foreach ((string name, string? value) in environment)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        return Process.Start(start)!;
    }

    private string Note(string name) => Path.Combine(_root, "notes", name);

    private void Write(string path, string text)
    {
        string file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Game.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder ?? throw new InvalidOperationException("Game.sln is not above the tests.");
    }
}
