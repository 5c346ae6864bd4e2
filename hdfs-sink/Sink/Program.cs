using System.CommandLine;
using Game.HdfsSink;
using Game.HdfsSink.Consuming;

const int CouldNotStart = 1;
const int BadArguments = 2;
const int Refused = 3;

var commandLine = new CommandLine(async (settings, urls, cancellationToken) =>
{
    try
    {
        await using var app = SinkHost.Build(settings, urls);
        var sink = app.Services.GetRequiredService<SinkService>();
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"hdfs-sink writes {string.Join(", ", settings.Topics)} to {settings.WebHdfs[0]}{settings.Warehouse.TrimStart('/')}; health and metrics on {string.Join(',', app.Urls)}");
        await app.WaitForShutdownAsync(cancellationToken);
        if (sink.Refusal is null)
            return 0;
        await Console.Error.WriteLineAsync(sink.Refusal);
        return Refused;
    }
    catch (Exception e) when (e is IOException or FormatException or InvalidOperationException)
    {
        await Console.Error.WriteLineAsync($"hdfs-sink could not start: {e.Message}");
        return CouldNotStart;
    }
});
var parsed = commandLine.Command.Parse(args);
if (parsed.Errors.Count == 0)
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }); // the host minds SIGTERM: the library would end the process 2 s after it
await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message} See hdfs-sink --help.");
return BadArguments;
