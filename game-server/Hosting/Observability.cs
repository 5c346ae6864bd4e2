using Game.GameServer.Telemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Game.GameServer.Hosting;

/// <summary>Logs to the console, metrics for Prometheus, traces by OTLP when a collector is configured.</summary>
internal static class Observability
{
    private const string CollectorVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void Add(WebApplicationBuilder builder)
    {
        bool traces = !string.IsNullOrEmpty(builder.Configuration[CollectorVariable]);
        AddLogs(builder.Logging, traces);
        OpenTelemetry.OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("game-server"))
            .WithMetrics(metrics => metrics
                .AddMeter(ServerMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddPrometheusExporter());
        if (traces)
        {
            telemetry.WithTracing(tracing => tracing.AddSource(ActionTraces.SourceName).AddAspNetCoreInstrumentation().AddOtlpExporter());
        }
    }

    private static void AddLogs(ILoggingBuilder logging, bool traces)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // The framework warns at every start that the keys are not encrypted; that is intended: only this user can read their folder.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // While this logger is enabled at any level, the framework makes an Activity for every request.
        if (!traces)
        {
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        }
    }
}
