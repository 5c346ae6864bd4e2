using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Game.HdfsSink.Consuming;
using Game.HdfsSink.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Game.HdfsSink.Tests.Consuming;

public sealed class SinkServiceTests
{
    [Fact]
    public async Task A_failed_session_is_one_sentence_in_the_log_and_its_stack_is_for_debugging()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        FailureLog log = new();
        SinkHealth health = new();
        SinkParts parts = new(log, new SinkMetrics(services.GetRequiredService<IMeterFactory>(), health), health, TimeProvider.System);
        SinkSettings settings = new() { BootstrapServers = "127.0.0.1:1", WebHdfs = [], Topics = [], ParallelUploads = -1 }; // no session can begin
        using SinkService sink = new(settings, parts, hdfs: null!, lifetime: null!);
        await sink.StartAsync(TestContext.Current.CancellationToken);
        (string warning, Exception? shown) = await log.Warned.Task.WaitAsync(TestContext.Current.CancellationToken);
        await sink.StopAsync(TestContext.Current.CancellationToken);
        warning.ShouldStartWith("The session failed and starts again from the manifests in 1 s: ");
        shown.ShouldBeNull();
        log.Debugged.ShouldBeOfType<ArgumentOutOfRangeException>();
        health.Trouble.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_stop_while_Kafka_does_not_answer_ends_the_sink_at_once_and_no_record_is_called_uncommitted()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        string kafka = silent.LocalEndpoint.ToString()!;
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        SinkHealth health = new();
        SinkParts parts = new(new FailureLog(), new SinkMetrics(services.GetRequiredService<IMeterFactory>(), health), health, TimeProvider.System);
        using SinkService sink = new(new SinkSettings { BootstrapServers = kafka, WebHdfs = [], Topics = [] }, parts, hdfs: null!, lifetime: null!);
        await sink.StartAsync(TestContext.Current.CancellationToken);
        using Socket connected = await silent.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await sink.StopAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        sink.Outcome.ShouldBe((SinkProcess.Stopped, $"The sink stopped and held no records: Kafka at {kafka} could not be reached until then."));
    }

    private sealed class FailureLog : ILogger<SinkService>
    {
        public TaskCompletionSource<(string Text, Exception? Error)> Warned { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Debugged { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Debug)
            {
                Debugged = exception;
            }
            else
            {
                Warned.TrySetResult((formatter(state, exception), exception));
            }
        }
    }
}
