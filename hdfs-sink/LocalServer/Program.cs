using System.CommandLine;
using Game.CommandOptions;
using Game.LocalWebHdfs;

const int Failed = 1;
const int BadArguments = 2;

Option<string> root = new("--root") { Description = "The folder that clients see as '/'; it is created if it is missing.", Required = true };
Option<int> port = NumberOption.Of("--port", "The port on 127.0.0.1; 0 picks a free port.", 9870, 0, ushort.MaxValue);
Option<string?> urls = new("--urls") { Description = "The addresses to listen on instead of --port, e.g. http://0.0.0.0:9870." };
ListOption.RefuseEmpty(urls, ';');
RootCommand command = new("Serves a local folder by WebHDFS, with the calls, redirects, errors and rename rules of HDFS, without Hadoop.") { root, port, urls };
command.SetAction(async (arguments, cancellationToken) =>
{
    string listenOn = arguments.GetValue(urls) ?? $"http://127.0.0.1:{arguments.GetValue(port)}";
    try
    {
        await using WebApplication server = LocalWebHdfsServer.Build(arguments.GetRequiredValue(root), listenOn);
        await server.StartAsync(cancellationToken);
        Console.WriteLine($"WebHDFS over {Path.GetFullPath(arguments.GetRequiredValue(root))} on {string.Join(',', server.Urls)}");
        await server.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException or InvalidOperationException)
    {
        await Console.Error.WriteLineAsync($"local-webhdfs could not serve {arguments.GetRequiredValue(root)} on {listenOn}: {e.Message}");
        return Failed;
    }
});
ParseResult parsed = command.Parse(args);
if (parsed.Errors.Count == 0)
{
    try
    {
        // The host handles SIGTERM: without this the library would end the process 2 s after the signal.
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
    catch (Exception e) // the top of the process: reports every failure in a sentence
    {
        await Console.Error.WriteLineAsync($"local-webhdfs: it failed: {e.GetBaseException().Message} ({e.GetBaseException().GetType().Name})");
        return Failed;
    }
}

await Console.Error.WriteLineAsync($"local-webhdfs: {parsed.Errors[0].Message} See local-webhdfs --help.");
return BadArguments;
