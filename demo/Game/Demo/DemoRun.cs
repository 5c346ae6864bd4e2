using Confluent.Kafka;
using Game.Analysis.Audit;
using Game.Cli.Audit;
using Game.Cli.Cluster;
using Game.Cli.Processes;
using Game.Cli.Report;
using Game.Contracts;
using Game.Simulator.Load;
using Game.Simulator.World;
using Game.WebHdfs;
using Geography = Game.Worlds.Geography;

namespace Game.Cli.Demo;

/// <summary>One demo from start to report: stores, history, applications, live play with faults in the middle, drain, audits.</summary>
internal sealed class DemoRun(DemoOptions options, GameSystem system, DemoState state, TimeProvider time)
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromMinutes(5);
    private readonly Endpoints _endpoints = system.Endpoints;
    private readonly Acknowledgements _acknowledged = new(options.Partitions);

    /// <summary>A few SQL results over HDFS, as text; set when the run is over.</summary>
    public string Results { get; private set; } = "";

    /// <exception cref="UserErrorException">The demo failed for a reason that the user can correct.</exception>
    public async Task<DemoReport> RunAsync(CancellationToken cancellation)
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_endpoints.BootstrapServers, "demo")).SetLogHandler((_, _) => { }).Build();
        using WebHdfsClient hdfs = new(system.Hdfs);
        state.Phase = $"starting {system.Stores}";
        await system.StartStoresAsync(admin, hdfs, state.Report, cancellation);
        await using ClusterWatch? cluster = options.Cluster ? new ClusterWatch(system, picture => state.Cluster = picture, time) : null;
        using GroupProgress progress = new(_endpoints.BootstrapServers);
        await RefuseOldDataAsync(progress, hdfs, cancellation);
        if (system.Folder.RemoveUnfinished() is { Count: > 0 } unfinished)
        {
            state.Report($"removed {string.Join(", ", unfinished)}, which did not finish");
        }

        system.Folder.SaveOptions(system.Options);

        GameWorld world = new(options.Seed, options.Players, new Geography());
        long history = await new HistoryLoad(system, state).RunAsync(new History(world, NowMs()), cancellation);
        state.Phase = "starting detectors, filter, sink and game servers";
        await system.StartApplicationsAsync(cancellation);
        await using AlertWatch alerts = new(_endpoints.BootstrapServers, options.Partitions, time);
        state.Alerts = alerts;
        state.Phase = "detectors and sink read history";
        state.Reading.Begin(2 * history);
        await DrainAsync(progress, cancellation, () => state.Reading.Advance(2 * history - state.DetectorLag - state.SinkLag));
        state.Reading.End();

        LoadOptions load = new([.. _endpoints.GameServers.Select(url => new Uri(url))], options.Transport, Credential(), AccountsKey())
        {
            WarmUp = TimeSpan.FromSeconds(options.WarmUp), KeepAnsweredIds = true, Acknowledged = _acknowledged.Add,
        };
        await using LoadGenerator generator = new(load, world.Players.Count);
        LivePart live = await PlayAsync(world, generator, progress, cancellation);
        state.Phase = "draining: detectors and sink read the rest";
        await DrainAsync(progress, cancellation);
        state.Phase = "auditing: everything is read back and compared";
        DemoAudit audit = new(options, system, progress, hdfs);
        DemoReport report = await audit.RunAsync(new DemoOutcome(generator.Statistics, history, world.Players.Count, live, alerts.Received), cancellation);
        Results = await SqlResults.ReadAsync(hdfs, system.Folder.Cache, cancellation);
        if (options.Keep && system.Children.FirstOrDefault(child => child.IsKilled) is { } victim)
        {
            await system.RestartDetectorAsync(victim, cancellation);
        }
        return report;
    }

    private async Task<LivePart> PlayAsync(GameWorld world, LoadGenerator generator, GroupProgress progress, CancellationToken cancellation)
    {
        using TruthPublisher truth = new(_endpoints.BootstrapServers);
        long startMs = NowMs();
        LivePlan plan = new(world, new LivePlanOptions(Length.TotalSeconds, options.Rate, startMs) { PlayersPerCampaign = options.PlayersPerCampaign });
        state.Phase = "playing live";
        state.Load = generator.Statistics;
        long started = time.GetTimestamp();
        Task playing = generator.RunAsync(plan, truth.Publish, cancellation);
        Task<Recovery> killing = options.Kill ? KillInTheMiddleAsync(progress, cancellation) : Task.FromResult(Recovery.None);
        Task<IReadOnlyList<BrokerFault>> faults = options is { Cluster: true, Kill: true }
            ? new BrokerFaults(system, _acknowledged, state.Report, time).RunAsync(Length, playing, cancellation)
            : Task.FromResult<IReadOnlyList<BrokerFault>>([]);
        await WatchAsync(playing, started, progress, cancellation);
        await playing;
        double seconds = Math.Max(Length.TotalSeconds, time.GetElapsedTime(started).TotalSeconds);
        truth.Flush();
        int finished = plan.Campaigns.Count(campaign => campaign.Finished);
        return new LivePart(plan.BegunCampaigns, finished, await killing, await faults, seconds, startMs + (long)(options.WarmUp * 1000));
    }

    private async Task<Recovery> KillInTheMiddleAsync(GroupProgress progress, CancellationToken cancellation)
    {
        await Task.Delay(Length / 2, time, cancellation);
        return await new DetectorKill(system, progress, options.Partitions, time).RunAsync(state.Report, cancellation);
    }

    private async Task WatchAsync(Task playing, long started, GroupProgress progress, CancellationToken cancellation)
    {
        using PeriodicTimer tick = new(TimeSpan.FromSeconds(1), time);
        state.Live.Begin(Length.TotalSeconds);
        Task updating = Task.CompletedTask; // takes seconds while a leader or coordinator moves
        while (!playing.IsCompleted && await tick.WaitForNextTickAsync(cancellation))
        {
            state.Live.Advance(time.GetElapsedTime(started).TotalSeconds);
            if (updating.IsCompleted)
            {
                await updating;
                updating = UpdateLagsAsync(progress, cancellation);
            }
        }

        await updating;
        state.Live.End();
    }

    private Task<bool> UpdateLagsAsync(GroupProgress progress, CancellationToken cancellation)
        => system.WhileAllRunAsync(() => UpdateLagsAsync(progress), cancellation);

    private async Task<bool> UpdateLagsAsync(GroupProgress progress)
    {
        state.DetectorLag = await progress.LagAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents, options.Partitions);
        state.SinkLag = await progress.LagAsync(SystemOptions.SinkGroup, Topics.PlayerEvents, options.Partitions)
            + await progress.LagAsync(SystemOptions.SinkGroup, Topics.Alerts, options.Partitions);
        long filterLag = await progress.LagAsync(SystemOptions.FilterGroup, Topics.Alerts, options.Partitions);
        return state.DetectorLag == 0 && state.SinkLag == 0 && filterLag == 0;
    }

    // Detectors write alerts while they drain, which adds to the lag of filter and sink: the loop ends when all lags are 0.
    private async Task DrainAsync(GroupProgress progress, CancellationToken cancellation, Action? onProgress = null)
    {
        long started = time.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(250), time);
        string problem = "";
        while (!await UpdateLagsAsync(progress, cancellation))
        {
            onProgress?.Invoke();
            // The last problem is kept, because a process that fails repeatedly is ready in between.
            problem = await system.ProblemAsync(cancellation) is { } now ? $"; {now.TrimEnd('.')}" : problem;
            if (time.GetElapsedTime(started) > ReadTimeout)
            {
                throw new UserErrorException(
                    $"After {ReadTimeout.TotalMinutes:F0} minutes the detectors are {state.DetectorLag:N0} and the sink {state.SinkLag:N0} records behind"
                    + $"{problem}; the logs are in {system.Folder.Logs}.");
            }
            await tick.WaitForNextTickAsync(cancellation);
        }
    }

    private async Task RefuseOldDataAsync(GroupProgress progress, IWebHdfs hdfs, CancellationToken cancellation)
    {
        foreach (TopicSpec topic in system.Topics.All)
        {
            if (await progress.HoldsAnythingAsync(topic))
            {
                throw new UserErrorException(
                    $"The topic {topic.Name} at {_endpoints.BootstrapServers} is not empty, "
                    + "and the demo's audit counts from the start: delete the topic or use another cluster.");
            }
        }

        if (await hdfs.GetFileStatusAsync(SystemOptions.Warehouse, cancellation) is not null
            && (await hdfs.ListStatusAsync(SystemOptions.Warehouse, cancellation)).Count > 0)
        {
            throw new UserErrorException(
                $"{SystemOptions.Warehouse} at {_endpoints.WebHdfs} is not empty, "
                    + "and the demo's audit counts from the start: move it away or use another HDFS.");
        }
    }

    private TimeSpan Length => TimeSpan.FromSeconds(options.WarmUp + options.Seconds);

    private string Credential() => File.ReadAllText(system.Folder.CredentialFile).Trim();

    private byte[] AccountsKey() => DemoSecrets.ParseKey(File.ReadAllText(system.Folder.AccountsKeyFile));

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
