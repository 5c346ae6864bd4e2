namespace Integration.Tests.Whole;

/// <summary>Ctrl-C, or closing the terminal, ends a demo and all processes that it started.</summary>
public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("", Signal.Interrupt)]
    [InlineData("playing live", Signal.Interrupt)]
    [InlineData("playing live", Signal.HangUp)]
    public async Task No_process_and_no_lock_is_left(string phase, Signal signal)
    {
        // Tests that run in the background of a shell ignore SIGINT, and child processes inherit this; env restores the default for the demo.
        await using RunningProgram demo = RunningProgram.Start("env",
            ["--default-signal=INT,HUP", Programs.PathOf("game-cli"), "demo", "--seconds", "120", "--players", "50", "--rate", "20"],
                Programs.Environment(_home.Path));
        await demo.LineAsync(line => line.Contains(phase, StringComparison.Ordinal) && line.Contains("detector lag", StringComparison.Ordinal),
            $"its state in the phase '{phase}'", Limit);
        ProcessTable.WithEnvironment("GAME_HOME", _home.Path).Count.ShouldBeGreaterThan(1);
        demo.Send(signal);
        (await demo.ExitAsync(Limit)).ShouldBe(130, demo.Said);
        ProcessTable.WithEnvironment("GAME_HOME", _home.Path).ShouldBeEmpty();
        demo.Said.ShouldNotContain("   at ");

        CommandResult status = await Command.RunAsync(Programs.PathOf("game-cli"), ["status"], Programs.Environment(_home.Path));
        status.ExitCode.ShouldBe(3, status.Said);
        using FileStream free = new(Path.Combine(_home.Path, ".game", "lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }
}
