using System.Diagnostics;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>
/// Plays a plan against game servers, open loop: every action starts when it is due whatever the servers do, none is skipped, and unknown outcomes are retried under the
/// same key until they are settled.
/// </summary>
public sealed class LoadGenerator : IAsyncDisposable
{
    private const int HttpPlayerOfMixed = 10;

    private readonly LoadOptions options;
    private readonly IActionTransport[] transports;
    private readonly SessionTokens tokens;
    private readonly int streams;
    private readonly CancellationTokenSource disposed = new();

    /// <param name="players">Number of players of the plan's world.</param>
    public LoadGenerator(LoadOptions options, int players)
    {
        this.options = options;
        tokens = new SessionTokens(players);
        Statistics = new LoadStatistics(options.WarmUp, options.KeepAnsweredIds);
        var json = new ActionJson(options.AccountsKey);
        transports = [.. Streams(json), .. Https(json)];
        streams = Array.FindLastIndex(transports, transport => transport is StreamTransport) + 1;
    }

    public LoadStatistics Statistics { get; }

    /// <summary>Runs the plan to its end and waits until every action is settled, or the settle time-out is over.</summary>
    /// <param name="plan">Started now.</param>
    /// <param name="publishTruth">Called with the truth of an action before the action is sent.</param>
    public async Task RunAsync(LivePlan plan, Action<IEnumerable<SimulationTruth>> publishTruth, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.Factory.StartNew(() => Pace(plan, publishTruth, start, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(options.SettleTimeout);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Statistics.Unsettled > 0 && !patience.IsCancellationRequested)
            await tick.WaitForNextTickAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        foreach (IActionTransport transport in transports)
            await transport.DisposeAsync();
        disposed.Dispose();
    }

    private IEnumerable<IActionTransport> Streams(ActionJson json)
        => options.Transport == Transport.Http
            ? []
            : options.Targets.SelectMany(target => Enumerable.Range(0, options.ConnectionsPerTarget).Select(_ => new StreamTransport(target, options.Credential, json, Settled, Statistics.Failed)));

    private IEnumerable<IActionTransport> Https(ActionJson json)
        => options.Transport == Transport.Ws ? [] : options.Targets.Select(target => new HttpTransport(target, options.Credential, json, Settled));

    private void Pace(LivePlan plan, Action<IEnumerable<SimulationTruth>> publishTruth, long start, CancellationToken cancellation)
    {
        foreach (GameAction action in plan.Actions())
        {
            long due = start + (long)(action.DueMs * Stopwatch.Frequency / 1000);
            while (Stopwatch.GetTimestamp() < due)
                cancellation.WaitHandle.WaitOne(1);
            cancellation.ThrowIfCancellationRequested();
            if (action.Fraud is not null)
                publishTruth(plan.Truths(action));
            Statistics.Started(action, Stopwatch.GetElapsedTime(due));
            if (action is LoginAction { CorrectSecret: true } login)
                tokens.LoginStarted(login.Player);
            Dispatch(new PendingAction(action, due));
        }
    }

    private void Dispatch(PendingAction pending)
    {
        if (pending.Action is TradeAction trade && !tokens.TryResolve(pending, trade))
            return;
        pending.Attempts++;
        TransportOf(pending.Action).Send(pending);
    }

    private IActionTransport TransportOf(GameAction action)
    {
        int player = action is LoginAction login ? login.Player.Index : ((TradeAction)action).First.Player.Index;
        bool http = streams == 0 || (streams < transports.Length && player % HttpPlayerOfMixed == 0);
        return http ? transports[streams + player / HttpPlayerOfMixed % (transports.Length - streams)] : transports[player % streams];
    }

    private void Settled(PendingAction pending, Answer answer)
    {
        if (!answer.IsAnswered || (answer.IsWrongSecret && pending.Action is LoginAction { CorrectSecret: true }))
            Statistics.Failed($"{(answer.Status == 0 ? "no answer" : answer.Status)}: {answer.Detail ?? "nothing more is known"}");
        if (answer.IsUnknown)
        {
            Statistics.Retried();
            _ = RetryAsync(pending, TimeSpan.FromSeconds(Math.Clamp(answer.RetryAfterSeconds, 0.1, 10)));
            return;
        }

        if (pending.Action is LoginAction { CorrectSecret: true } login)
        {
            foreach (PendingAction waiting in tokens.LoginSettled(login.Player, answer.Token))
                Dispatch(waiting);
        }

        Statistics.Settled(pending, answer);
    }

    private async Task RetryAsync(PendingAction pending, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, disposed.Token);
            pending.Attempts++;
            TransportOf(pending.Action).Send(pending);
        }
        catch (OperationCanceledException)
        {
            // The load was stopped: the action stays unsettled and is counted so.
        }
    }
}
