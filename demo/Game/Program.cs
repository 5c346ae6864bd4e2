using System.CommandLine;
using Game.Cli;
using Game.Cli.Verbs;

var root = new RootCommand("The game's fraud detection: the system on one machine, load, queries, measurements.")
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
// Stopping a system in order takes longer than the two seconds that are the library's default.
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
return await Outcome.OfAsync(() => root.Parse(args).InvokeAsync(invocation));
