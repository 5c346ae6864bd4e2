using System.Diagnostics.Metrics;
using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Consuming;
using Game.Detector.Filtering;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Game.Detector.Logging;
using Game.Detector.Sending;
using Game.Detector.Assignments;

namespace Game.Detector.Hosting;

/// <summary>One detector or filter process: topics, the group's member on its thread, health and metrics over HTTP, and an orderly end.</summary>
internal static class DetectorProcess
{
    /// <summary>The flush (10 s), the last acknowledgements (10 s) and the last commits (two of 5 s) have time to end.</summary>
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(30);

    /// <summary>What load balancers probe with.</summary>
    private static readonly string[] Probe = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Runs until <paramref name="cancel"/> or SIGTERM; every failure is one sentence on standard error.</summary>
    public static async Task<int> RunAsync(DetectorOptions options, CancellationToken cancel)
    {
        try
        {
            return await ServeAsync(options, cancel);
        }
        catch (TopicMismatchException e)
        {
            return await FailAsync(e.Message);
        }
        catch (KafkaException e)
        {
            return await FailAsync(
                $"Kafka at {options.BootstrapServers} cannot be used ({e.Error.Reason}): check that it runs there and that --bootstrap-server is right.");
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidOperationException)
        {
            return await FailAsync($"The detector cannot serve {options.Urls}: {e.Message}");
        }
    }

    private static async Task<int> FailAsync(string sentence)
    {
        await Console.Error.WriteLineAsync(sentence);
        return DetectorCommand.Failed;
    }

    private static async Task EnsureTopicsAsync(DetectorOptions options, ILogger log)
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(options.BootstrapServers, "detector-setup"))
            .SetLogHandler((_, _) => { }).Build();
        await TopicSetup.EnsureAsync(admin, options.NeededTopics(), warning => DetectorLog.TopicWeak(log, warning));
    }

    private static async Task<int> ServeAsync(DetectorOptions options, CancellationToken cancel)
    {
        PartitionStatus[] statuses = [.. Enumerable.Range(0, options.Partitions).Select(partition => new PartitionStatus(partition))];
        await using WebApplication app = BuildApp(options);
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Detector");
        await EnsureTopicsAsync(options, log);
        Meter meter = app.Services.GetRequiredService<IMeterFactory>().Create(DetectorMetrics.MeterName);
        _ = new DetectorMetrics(meter, statuses);

        using Outbox outbox = Outbox.Connect(options.BootstrapServers, "detector-alerts", TimeProvider.System, log);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, app.Lifetime.ApplicationStopping);
        AlertSender sender = new(outbox, TimeProvider.System, log);
        DetectorWork? detector = options.IsFilter ? null
            : new DetectorWork(Rebuild, statuses, sender, new DecisionTimes(meter), TimeProvider.System, log);
        IGroupWork work = detector is null ? new FilterWork(statuses, outbox, sender) : detector;
        GroupLoopOptions loopOptions = new(options.BootstrapServers, options.ClientId, options.Group, options.InputTopic, options.Partitions);
        using GroupLoop loop = GroupLoop.Connect(loopOptions, work, outbox, TimeProvider.System, log);

        MapHealth(app, loop, statuses);
        await app.StartAsync(stop.Token);
        Announce(options, app, log);
        int code = await RunLoopAsync(loop, outbox, stop.Token);
        detector?.Dispose();
        await app.StopAsync(CancellationToken.None);
        return code;

        RebuiltPartition? Rebuild(int partition, RebuildProgress progress, CancellationToken stopped)
        {
            PartitionRebuild rebuild = new(() => PartitionRebuild.Connect(options.BootstrapServers, options.Group, partition, TimeProvider.System, log),
                partition, progress, options.Rules, TimeProvider.System, log);
            return rebuild.Run(stopped);
        }
    }

    private static void Announce(DetectorOptions options, WebApplication app, ILogger log)
    {
        DetectorLog.Listening(log, string.Join(", ", app.Urls));
        if (options.IsFilter)
        {
            DetectorLog.FilterStarted(log, Topics.AlertsPriority, options.Group, options.BootstrapServers);
        }
        else
        {
            DetectorLog.Started(log, options.Rules.IpChangeVersion, options.Rules.WealthChangeVersion, options.Rules.ReusedIdVersion, options.Group,
                Topics.PlayerEvents, options.BootstrapServers);
        }
    }

    private static WebApplication BuildApp(DetectorOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(options.Urls.Split(';'));
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // the process reports a failed start in one sentence, not in a stack trace
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("detector")).WithMetrics(metrics =>
        {
            metrics.AddMeter(DetectorMetrics.MeterName, "System.Runtime").AddPrometheusExporter();
            if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 })
            {
                metrics.AddOtlpExporter();
            }
        });
        return builder.Build();
    }

    private static void MapHealth(WebApplication app, GroupLoop loop, PartitionStatus[] statuses)
    {
        app.MapMethods("/healthz", Probe,
            () => loop.Failure.IsCompleted ? Results.Text("failed", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ok"));
        app.MapMethods("/readyz", Probe, () =>
        {
            int waiting = statuses.Count(status => status.Phase == PartitionPhase.Rebuilding);
            if (!loop.HasJoined)
            {
                return Results.Text("waiting for the group", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
            return waiting > 0 ? Results.Text($"rebuilding {waiting} partitions", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ok");
        });
        app.MapPrometheusScrapingEndpoint("/metrics");
    }

    private static async Task<int> RunLoopAsync(GroupLoop loop, Outbox outbox, CancellationToken stop)
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            loop.Run(stop);
            ended.SetResult();
        })
        { IsBackground = true, Name = "group" };
        thread.Start();

        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = stop.Register(stopped.SetResult);
        await Task.WhenAny(ended.Task, stopped.Task);
        await Task.WhenAny(ended.Task, Task.Delay(StopWait, TimeProvider.System, CancellationToken.None));
        string? failure = await FirstAsync(outbox.Failure, loop.Failure);
        if (!ended.Task.IsCompleted)
        {
            failure ??= $"The detector did not stop within {StopWait.TotalSeconds:F0} s: the brokers do not answer. "
                + "Another detector gets its partitions when its session has timed out.";
        }

        return failure is null ? 0 : await FailAsync(failure);
    }

    private static async Task<string?> FirstAsync(params Task<string>[] failures)
    {
        Task<string>? failed = Array.Find(failures, failure => failure.IsCompleted);
        return failed is null ? null : await failed;
    }
}
