using Game.HdfsSink.Consuming;
using Game.HdfsSink.Telemetry;
using Game.WebHdfs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Game.HdfsSink;

/// <summary>Builds the process: the sink, and the endpoints for health and metrics.</summary>
internal static class SinkHost
{
    /// <summary>The methods that load balancers probe with.</summary>
    private static readonly string[] Probe = [HttpMethods.Get, HttpMethods.Head];

    public static WebApplication Build(SinkSettings settings, string urls)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(urls);
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        // SinkProcess reports what the host throws, in one sentence.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.StopWithin * 2);
        builder.Services.AddSingleton(settings).AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<SinkMetrics>().AddSingleton<SinkHealth>().AddSingleton<SinkParts>();
        builder.Services.AddSingleton<IWebHdfs>(services => new WebHdfsClient(
            new WebHdfsOptions { NameNodes = settings.WebHdfs, UserName = settings.User }, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<SinkService>().AddHostedService(services => services.GetRequiredService<SinkService>());
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("hdfs-sink"))
            .WithMetrics(metrics => metrics.AddMeter(SinkMetrics.MeterName).AddPrometheusExporter());
        WebApplication app = builder.Build();
        app.MapMethods("/healthz", Probe, () => "ok");
        app.MapMethods("/readyz", Probe, (SinkHealth health) => health.Trouble is { } trouble
            ? Results.Text(trouble, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text($"{health.Assigned} partitions assigned"));
        app.MapPrometheusScrapingEndpoint();
        return app;
    }
}
