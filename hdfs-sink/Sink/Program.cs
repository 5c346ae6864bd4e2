using System.CommandLine;
using Game.HdfsSink;

CommandLine commandLine = new(SinkProcess.RunAsync);
ParseResult parsed = commandLine.Command.Parse(args);
if (parsed.Errors.Count == 0)
{
    try
    {
        // The host handles SIGTERM: without this the library would end the process 2 s after the signal.
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
    catch (Exception e) // the top of the process: reports every failure in a sentence
    {
        await Console.Error.WriteLineAsync($"hdfs-sink: it failed: {e.GetBaseException().Message} ({e.GetBaseException().GetType().Name})");
        return SinkProcess.CouldNotStart;
    }
}

await Console.Error.WriteLineAsync($"hdfs-sink: {parsed.Errors[0].Message} See hdfs-sink --help.");
return SinkProcess.BadArguments;
