using System.CommandLine;
using Game.HdfsSink;
using Game.HdfsSink.Consuming;

const int CouldNotStart = 1;
const int BadArguments = 2;
const int Refused = 3;

CommandLine commandLine = new(async (settings, urls, cancellationToken) =>
{
    try
    {
        await using WebApplication app = SinkHost.Build(settings, urls);
        SinkService sink = app.Services.GetRequiredService<SinkService>();
        await app.StartAsync(cancellationToken);
        Console.WriteLine(
            $"hdfs-sink writes {string.Join(", ", settings.Topics)} to {settings.WebHdfs[0]}{settings.Warehouse.TrimStart('/')}; health and metrics on {string.Join(',', app.Urls)}");
        await app.WaitForShutdownAsync(cancellationToken);
        if (sink.Refusal is null)
        {
            return 0;
        }
        await Console.Error.WriteLineAsync(sink.Refusal);
        return Refused;
    }
    catch (Exception e) when (e is IOException or FormatException or InvalidOperationException)
    {
        await Console.Error.WriteLineAsync($"hdfs-sink could not start: {e.Message}");
        return CouldNotStart;
    }
});
ParseResult parsed = commandLine.Command.Parse(args);
if (parsed.Errors.Count == 0)
{
    try
    {
        // The host minds SIGTERM: the library would end the process 2 s after it.
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
    catch (Exception e) // the top of the process: whatever ends it is told in a sentence
    {
        await Console.Error.WriteLineAsync($"hdfs-sink: it failed: {e.Message} ({e.GetType().Name})");
        return CouldNotStart;
    }
}

await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message} See hdfs-sink --help.");
return BadArguments;
