using Confluent.Kafka;
using Game.Contracts;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Telemetry;
using Game.WebHdfs;

namespace Game.HdfsSink.Consuming;

/// <summary>What a session needs of the process.</summary>
internal sealed record SinkParts(ILogger<SinkService> Log, SinkMetrics Metrics, SinkHealth Health, TimeProvider Time);

/// <summary>Runs one session after the other, with growing pauses between those that fail, until told to stop or until only a person can help.</summary>
internal sealed class SinkService(SinkSettings settings, SinkParts parts, IWebHdfs hdfs, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>The pause after the first failure; it doubles.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>Long enough not to press a cluster that is coming up, short enough not to be waited for.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>A session that ran this long was fine: the next failure starts from the first pause again.</summary>
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(1);

    private volatile string? _refusal;
    private volatile string? _unfinished;

    /// <summary>The exit code, and the sentence that explains it, once the host has stopped.</summary>
    public (int ExitCode, string? Sentence) Outcome => this switch
    {
        { _refusal: { } sentence } => (SinkProcess.Refused, sentence),
        { _unfinished: { } sentence } => (SinkProcess.Unfinished, sentence),
        { ExecuteTask.IsCompleted: false } => (SinkProcess.Unfinished, "The sink did not stop in time: what it held is read again at the next start."),
        _ => (SinkProcess.Stopped, null),
    };

    // A thread of its own: the Kafka client's calls block.
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
            catch (Exception e) // the top of the loop: every failure but a refusal is answered by starting anew from the manifests
            {
                if (RefusalIn(e) is { } sentence)
                {
                    _refusal = sentence;
                    lifetime.StopApplication();
                    return;
                }

                if (stop.IsCancellationRequested)
                {
                    _unfinished = $"The sink stopped before all it held was committed, and reads the rest again at the next start: {e.Message}";
                    LogMessages.StoppedUnfinished(parts.Log, e.Message, e);
                    return;
                }

                pause = parts.Time.GetElapsedTime(started) > Healthy ? FirstPause : pause;
                parts.Health.SessionTrouble = e.Message;
                parts.Metrics.Restarted();
                LogMessages.SessionFailed(parts.Log, e.Message, pause.TotalSeconds, e);
                stop.WaitHandle.WaitOne(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private void RunSession(CancellationToken stop)
    {
        IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(settings.BootstrapServers, "hdfs-sink")).SetLogHandler((_, _) => { }).Build();
        using KafkaTopics topics = new(admin, settings, parts.Time);
        using SemaphoreSlim uploads = new(settings.ParallelUploads);
        void Warn(string sentence) => LogMessages.Misplaced(parts.Log, sentence);
        Blocking.Await(topics.EnsureAsync(warning => LogMessages.TopicWeak(parts.Log, warning)));
        using SinkSession session = new(settings, parts, new CommitterContext(hdfs, topics, uploads, parts.Time, Guid.NewGuid, Warn));
        _refusal = session.Run(stop);
    }

    private static string? RefusalIn(Exception? e) => e switch
    {
        null => null,
        SinkRefusedException or TopicMismatchException => e.Message,
        _ => RefusalIn(e.InnerException),
    };
}
