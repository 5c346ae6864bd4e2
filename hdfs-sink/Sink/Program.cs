using Game.HdfsSink;
using Game.HdfsSink.Consuming;

const int CouldNotStart = 1;
const int Refused = 3; // 2 is left to mistakes on the command line

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
int code = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? 2 : code;
