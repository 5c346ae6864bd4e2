using Confluent.Kafka;
using Game.Contracts;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Telemetry;
using Game.WebHdfs;

namespace Game.HdfsSink.Consuming;

/// <summary>What the sessions share: they report to the log, the metrics and the health endpoints.</summary>
internal sealed record SinkParts(ILogger<SinkService> Log, SinkMetrics Metrics, SinkHealth Health, TimeProvider Time);

/// <summary>Runs one session after another until the host stops, or until only an operator can help. Pauses after failed sessions, each time longer.</summary>
internal sealed class SinkService(SinkSettings settings, SinkParts parts, IWebHdfs hdfs, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>The pause after the first failure; each further failure doubles it.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>Long enough not to burden a cluster that is starting, short enough to continue soon after it has started.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>After a session that ran this long, the next failure begins with the first pause again.</summary>
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(1);

    private volatile string? _refusal;
    private volatile string? _unfinished;
    private volatile string? _idleTrouble;
    private long _heldBytes;

    /// <summary>The exit code, and the sentence that explains it, once the host has stopped.</summary>
    public (int ExitCode, string? Sentence) Outcome => this switch
    {
        { _refusal: { } sentence } => (SinkProcess.Refused, sentence),
        { _unfinished: { } sentence } => (SinkProcess.Unfinished, sentence),
        { ExecuteTask.IsCompleted: false }
            => (SinkProcess.Unfinished, "The sink did not stop in time: the next start reads the records again that it had not committed."),
        _ => (SinkProcess.Stopped, _idleTrouble),
    };

    // The sessions have a thread of their own, because the Kafka client's calls block.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => RunSessions(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void RunSessions(CancellationToken stop)
    {
        TimeSpan pause = FirstPause;
        while (!stop.IsCancellationRequested)
        {
            long started = parts.Time.GetTimestamp();
            try
            {
                RunSession(stop);
            }
            catch (Exception e) // the top of the loop: after every failure but a refusal the next session starts from the manifests
            {
                if (RefusalIn(e) is { } sentence)
                {
                    _refusal = sentence;
                    lifetime.StopApplication();
                    return;
                }

                if (stop.IsCancellationRequested)
                {
                    EndStopped(e, stop);
                    return;
                }

                pause = parts.Time.GetElapsedTime(started) > Healthy ? FirstPause : pause;
                parts.Health.SessionTrouble = e.Message;
                parts.Metrics.CountRestart();
                LogMessages.SessionFailed(parts.Log, pause.TotalSeconds, e.Message);
                LogMessages.SessionFailedAt(parts.Log, e);
                stop.WaitHandle.WaitOne(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Explains the end of a session that failed after the stop, or that the stop ended before it could begin.</summary>
    private void EndStopped(Exception e, CancellationToken stop)
    {
        LogMessages.SessionFailedAt(parts.Log, e);
        if (_heldBytes > 0)
        {
            _unfinished = $"The sink stopped before it had committed all records that it held; the next start reads the rest again: {e.Message}";
            LogMessages.StoppedUnfinished(parts.Log, e.Message);
            return;
        }

        bool isWaitForKafka = e is OperationCanceledException canceled && canceled.CancellationToken == stop;
        _idleTrouble = "The sink stopped and held no records: "
            + (isWaitForKafka ? $"Kafka at {settings.BootstrapServers} could not be reached until then." : e.Message);
    }

    private void RunSession(CancellationToken stop)
    {
        _heldBytes = 0;
        IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(settings.BootstrapServers, "hdfs-sink")).SetLogHandler((_, _) => { }).Build();
        using KafkaTopics topics = new(admin, settings, parts.Time);
        using SemaphoreSlim uploads = new(settings.ParallelUploads);
        void Warn(string sentence) => LogMessages.Misplaced(parts.Log, sentence);
        Blocking.Await(topics.EnsureAsync(warning => LogMessages.TopicWeak(parts.Log, warning), stop));
        using SinkSession session = new(settings, parts, new CommitterContext(hdfs, topics, uploads, parts.Time, Guid.NewGuid, Warn));
        try
        {
            _refusal = session.Run(stop);
        }
        finally
        {
            _heldBytes = session.HeldBytes;
        }
    }

    private static string? RefusalIn(Exception? e) => e switch
    {
        null => null,
        SinkRefusedException or TopicMismatchException => e.Message,
        _ => RefusalIn(e.InnerException),
    };
}
