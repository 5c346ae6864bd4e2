using System.CommandLine;
using Game.HdfsSink;

CommandLine commandLine = new(SinkProcess.RunAsync);
ParseResult parsed = commandLine.Command.Parse(args);
if (parsed.Errors.Count == 0)
{
    // The host handles SIGTERM: without this the library would end the process 2 s after the signal.
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}

await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message} See hdfs-sink --help.");
return SinkProcess.BadArguments;
