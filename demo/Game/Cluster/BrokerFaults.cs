using System.Diagnostics;
using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;

namespace Game.Cli.Cluster;

/// <summary>The fault of a broker that led a partition of player-events, the one with the most events, and how the cluster recovered.</summary>
/// <param name="Kind">"killed" or "paused".</param>
/// <param name="Broker">The broker's id.</param>
/// <param name="Partition">The partition of player-events.</param>
/// <param name="NewLeader">The id of the broker that led the partition afterwards.</param>
/// <param name="DownMs">From the fault until the broker was started again or resumed, in milliseconds.</param>
/// <param name="FailOverMs">
/// From the fault until the load had the first acknowledgement of an action of that partition that was due after the fault, in milliseconds; null where none
/// was due.
/// </param>
/// <param name="InSyncAgainMs">From the restart or resumption until all replicas of all partitions were in sync, in milliseconds.</param>
internal sealed record BrokerFault(string Kind, int Broker, int Partition, int NewLeader, double DownMs, double? FailOverMs, double InSyncAgainMs);

/// <summary>
/// Kills the leader of a busy partition while a load runs, and starts it again; when all replicas are in sync again, and some time has passed, pauses another
/// leader for longer than its session.
/// </summary>
/// <param name="system">A system with a cluster.</param>
/// <param name="acknowledged">What the load has got acknowledged.</param>
/// <param name="report">Shows a sentence.</param>
internal sealed class BrokerFaults(GameSystem system, Acknowledgements acknowledged, Action<string> report, TimeProvider time)
{
    /// <summary>In a shorter load the second fault would come too late.</summary>
    public const int MinSeconds = 15;

    private const double KillAt = 0.2; // of the length of the load
    private const double PauseAt = 0.65;
    private static readonly TimeSpan MaxDownTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseTime = Brokers.SessionTimeout + TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StateTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StateInterval = TimeSpan.FromMilliseconds(200);

    /// <param name="length">How long the load starts actions.</param>
    /// <param name="load">Ends when all actions are answered.</param>
    /// <param name="cancellation">Ends the wait; a paused broker stays paused.</param>
    /// <exception cref="UserErrorException">The cluster does not recover.</exception>
    public async Task<IReadOnlyList<BrokerFault>> RunAsync(TimeSpan length, Task load, CancellationToken cancellation)
    {
        using ClusterReader reader = new(system.Endpoints, "demo-faults");
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(length * KillAt, time, cancellation);
        TimeSpan downTime = length / 3 < MaxDownTime ? length / 3 : MaxDownTime;
        BrokerFault killed = await KillAsync(reader, downTime, load, cancellation);
        TimeSpan untilPause = length * PauseAt - Stopwatch.GetElapsedTime(started);
        await Task.Delay(untilPause > TimeSpan.Zero ? untilPause : TimeSpan.Zero, time, cancellation);
        if (load.IsCompleted)
        {
            report("the play is over before a broker could be paused");
            return [killed];
        }

        return [killed, await PauseAsync(reader, load, cancellation)];
    }

    private async Task<BrokerFault> KillAsync(ClusterReader reader, TimeSpan downTime, Task load, CancellationToken cancellation)
    {
        (int partition, int id, ChildProcess broker) = await VictimAsync(reader, cancellation);
        report($"killing {broker.Name} (process {broker.Id}) with SIGKILL; it leads {Topics.PlayerEvents}-{partition}");
        long at = Stopwatch.GetTimestamp();
        broker.Kill();
        await broker.WaitForExitAsync(cancellation);
        BrokerFault fault = new("killed", id, partition, NewLeader: -1, 0, null, 0);
        return await RecoverAsync(reader, fault, at, downTime, () => system.RestartBroker(id), load, cancellation);
    }

    private async Task<BrokerFault> PauseAsync(ClusterReader reader, Task load, CancellationToken cancellation)
    {
        (int partition, int id, ChildProcess broker) = await VictimAsync(reader, cancellation);
        report($"pausing {broker.Name} (process {broker.Id}) with SIGSTOP; it leads {Topics.PlayerEvents}-{partition}");
        long at = Stopwatch.GetTimestamp();
        broker.Pause();
        BrokerFault fault = new("paused", id, partition, NewLeader: -1, 0, null, 0);
        return await RecoverAsync(reader, fault, at, PauseTime, broker.Resume, load, cancellation);
    }

    private async Task<(int Partition, int Id, ChildProcess Broker)> VictimAsync(ClusterReader reader, CancellationToken cancellation)
    {
        TopicPartition busiest = new(Topics.PlayerEvents, acknowledged.Busiest);
        string what = $"{busiest.Topic}-{busiest.Partition.Value} has a leader";
        ClusterState state = await StateAsync(reader, what, state => state.Leaders.GetValueOrDefault(busiest) > 0, cancellation);
        int leader = state.Leaders[busiest];
        return (busiest.Partition.Value, leader, system.Broker(leader));
    }

    private async Task<BrokerFault> RecoverAsync(ClusterReader reader, BrokerFault fault, long at, TimeSpan downTime, Action end, Task load,
        CancellationToken cancellation)
    {
        Task<BrokerFault> failingOver = FailOverAsync(reader, fault, at, load, cancellation);
        TimeSpan rest = downTime - Stopwatch.GetElapsedTime(at);
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, cancellation);
        end();
        TimeSpan down = Stopwatch.GetElapsedTime(at);
        long ended = Stopwatch.GetTimestamp();
        report($"broker-{fault.Broker} {(fault.Kind == "killed" ? "is started again" : "continues")} after {down.TotalSeconds:F1} s");
        BrokerFault failedOver = await failingOver;
        await StateAsync(reader, "all replicas are in sync again", state => state.IsWhole, cancellation);
        TimeSpan inSync = Stopwatch.GetElapsedTime(ended);
        report($"all replicas are in sync again, {inSync.TotalSeconds:F1} s later");
        return failedOver with { DownMs = down.TotalMilliseconds, InSyncAgainMs = inSync.TotalMilliseconds };
    }

    private async Task<BrokerFault> FailOverAsync(ClusterReader reader, BrokerFault fault, long at, Task load, CancellationToken cancellation)
    {
        Task<long> first = acknowledged.FirstAsync(fault.Partition, Stopwatch.GetTimestamp());
        await Task.WhenAny(first, load);
        TopicPartition partition = new(Topics.PlayerEvents, fault.Partition);
        double? ms = first.IsCompleted ? Stopwatch.GetElapsedTime(at, await first).TotalMilliseconds : null;
        ClusterState state = await StateAsync(reader, $"another broker leads {partition.Topic}-{fault.Partition}",
            state => state.Leaders.GetValueOrDefault(partition) > 0, cancellation);
        report($"{partition.Topic}-{fault.Partition} has leader {state.Leaders[partition]}"
            + (ms is { } known ? $"; its first record was acknowledged after {known / 1000:F1} s" : ""));
        return fault with { NewLeader = state.Leaders[partition], FailOverMs = ms };
    }

    private async Task<ClusterState> StateAsync(ClusterReader reader, string what, Func<ClusterState, bool> holds, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < StateTimeout)
        {
            if (await reader.ReadAsync() is { } state && holds(state))
            {
                return state;
            }

            await Task.Delay(StateInterval, time, cancellation);
        }

        throw new UserErrorException($"After {StateTimeout.TotalSeconds:F0} s this does not hold: {what}; the logs are in {system.Folder.Logs}.");
    }
}
