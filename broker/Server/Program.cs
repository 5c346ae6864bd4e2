using System.Collections;
using System.Runtime.InteropServices;
using Broker.Server;
using Broker.Server.Config;
using Broker.Server.Exchange;
using Broker.Server.Hosting;
using Broker.Server.Logging;
using Microsoft.Extensions.Logging;

// The broker's process: its command line in, the host started, its end waited for. Exit code 2 for a wrong command line, 1 for a start that was not possible.
if (args is ["znodes", .. string[] exchange])
{
    return await ZnodesCommand.Run(exchange, Console.Out, Console.Error);
}

BrokerCommandLine line;
try
{
    line = BrokerCommandLine.Parse(args);
}
catch (ConfigException e)
{
    await Console.Error.WriteLineAsync($"broker: {e.Message}");
    return 2;
}

try
{
    if (line.Help)
    {
        Console.WriteLine(BrokerCommandLine.Usage);
        return 0;
    }

    IEnumerable<KeyValuePair<string, string>> environment =
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => new KeyValuePair<string, string>((string)e.Key, (string?)e.Value ?? ""));
    LoadedConfig loaded = BrokerConfigLoad.Load(line, environment);
    using ILoggerFactory logging = BrokerLogging.ToConsole(loaded.Config.JsonLogs);
    ILogger log = logging.CreateLogger("Broker");
    foreach (string warning in loaded.Warnings)
    {
        HostLog.ConfigWarning(log, warning);
    }
    foreach ((string key, string value) in loaded.OwnDefaults)
    {
        HostLog.OwnDefault(log, key, value);
    }

    using CancellationTokenSource starting = new();
    TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    using PosixSignalRegistration term = OnSignal(PosixSignal.SIGTERM);
    using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT);

    // Linux's SIGXFSZ: a write beyond the process's limit on file sizes (ulimit -f) would end it; taken, the write fails and is answered as on a full disk, as
    // under the JVM.
    const PosixSignal FileTooLarge = (PosixSignal)25;
    using PosixSignalRegistration tooLarge = PosixSignalRegistration.Create(FileTooLarge, context => context.Cancel = true);
    BrokerHost started;
    try
    {
        started = await BrokerHost.StartAsync(loaded.Config, logging, TimeProvider.System, cancellation: starting.Token);
    }
    catch (OperationCanceledException) when (starting.IsCancellationRequested)
    {
        // Told to end while it recovered its logs; the next start begins anew.
        return 0;
    }

    await using BrokerHost host = started;
    await Task.WhenAny(ended.Task, host.Failed);
    await host.StopAsync();
    return host.Failed.IsCompleted ? 1 : 0;

    PosixSignalRegistration OnSignal(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        ended.TrySetResult();
        starting.Cancel();
    });
}
catch (ConfigException e)
{
    await Console.Error.WriteLineAsync($"broker: {e.Message}");
    return 1;
}
catch (Exception e) // the top of the process: the user reads one sentence, whatever ended it
{
    await Console.Error.WriteLineAsync($"broker: it failed: {e.GetBaseException().Message} ({e.GetBaseException().GetType().Name})");
    return 1;
}
