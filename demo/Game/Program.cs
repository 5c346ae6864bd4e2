using System.CommandLine;
using System.CommandLine.Help;
using Game.Cli;
using Game.Cli.Verbs;

// Without this handler, an exception on a thread that no code awaits would end the process with a stack trace.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    Outcome.WriteError(Console.Error, Outcome.Unexpected((Exception)unhandled.ExceptionObject, args));
    Environment.Exit(Outcome.Failed);
};

// Not a RootCommand: its name would be the program's (game-cli), but users call the script ./game.
Command root = new("./game", "The game's fraud detection: the system on one machine, load, queries, measurements.")
{
    DemoVerb.Create(),
    UpVerb.Create(),
    DownVerb.Create(),
    StatusVerb.Create(),
    SimulateVerb.Create(),
    QueryVerb.Create(),
    ShellVerb.Create(),
    LabelVerb.Create(),
    BacktestVerb.Create(),
    BenchVerb.Create(),
    new HelpOption(),
    new VersionOption(),
};
using Interrupt interrupt = new();
return await Outcome.OfAsync(root, args, Console.Error, interrupt.Token);
