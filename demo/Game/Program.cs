using System.CommandLine;
using System.Runtime.InteropServices;
using Game.Cli;
using Game.Cli.Verbs;

RootCommand root = new("The game's fraud detection: the system on one machine, load, queries, measurements.")
{
    DemoVerb.Create(),
    UpVerb.Create(),
    DownVerb.Create(),
    StatusVerb.Create(),
    SimulateVerb.Create(),
    QueryVerb.Create(),
    ShellVerb.Create(),
    BenchVerb.Create(),
};
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    return await Outcome.OfBadUsageAsync(parsed);
}

// A terminal that is closed ends a verb as Ctrl-C and SIGTERM do, which the library minds.
using CancellationTokenSource hangUp = new();
using PosixSignalRegistration closed = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
{
    signal.Cancel = true;
    hangUp.Cancel();
});
// Stopping a system in order takes longer than the two seconds that are the library's default.
InvocationConfiguration invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
return await Outcome.OfAsync(() => parsed.InvokeAsync(invocation, hangUp.Token));
