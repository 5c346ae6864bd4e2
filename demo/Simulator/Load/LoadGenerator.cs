using System.Diagnostics;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>
/// Sends the actions of a plan to game servers, open loop: every action starts when it is due, even if the servers are slow, and none is skipped. An action
/// whose outcome is unknown is sent again with the same key until it is answered.
/// </summary>
public sealed class LoadGenerator : IAsyncDisposable
{
    private const int HttpPlayerOfMixed = 10;

    private readonly LoadOptions _options;
    private readonly IActionTransport[] _transports;
    private readonly SessionTokens _tokens;
    private readonly int _streams;
    private readonly CancellationTokenSource _disposed = new();

    /// <param name="players">Number of players of the plan's world.</param>
    public LoadGenerator(LoadOptions options, int players)
    {
        _options = options;
        _tokens = new SessionTokens(players);
        Statistics = new LoadStatistics(options.WarmUp, options.KeepAnsweredIds);
        ActionJson json = new(options.AccountsKey);
        _transports = [.. Streams(json), .. Https(json)];
        _streams = Array.FindLastIndex(_transports, transport => transport is StreamTransport) + 1;
    }

    public LoadStatistics Statistics { get; }

    /// <summary>Runs the plan to its end and waits until every action has its answer, at most <see cref="LoadOptions.AnswerTimeout"/>.</summary>
    /// <param name="plan">Started now.</param>
    /// <param name="publishTruth">Called with the truth of an action before the action is sent.</param>
    public async Task RunAsync(LivePlan plan, Action<IEnumerable<SimulationTruth>> publishTruth, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.Factory.StartNew(() => Pace(plan, publishTruth, start, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(_options.AnswerTimeout);
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(20));
        while (Statistics.Unanswered > 0 && !timeout.IsCancellationRequested)
        {
            await tick.WaitForNextTickAsync(CancellationToken.None);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        foreach (IActionTransport transport in _transports)
        {
            await transport.DisposeAsync();
        }
        _disposed.Dispose();
    }

    private IEnumerable<IActionTransport> Streams(ActionJson json)
        => _options.Transport == Transport.Http
            ? []
            : _options.Targets.SelectMany(target => Enumerable.Range(0, _options.ConnectionsPerTarget)
                .Select(_ => new StreamTransport(target, _options.Credential, json, OnAnswer, Statistics.Failed)));

    private IEnumerable<IActionTransport> Https(ActionJson json)
        => _options.Transport == Transport.Ws ? [] : _options.Targets.Select(target => new HttpTransport(target, _options.Credential, json, OnAnswer));

    private void Pace(LivePlan plan, Action<IEnumerable<SimulationTruth>> publishTruth, long start, CancellationToken cancellation)
    {
        foreach (GameAction action in plan.Actions())
        {
            long due = start + (long)(action.DueMs * Stopwatch.Frequency / 1000);
            while (Stopwatch.GetTimestamp() < due)
            {
                cancellation.WaitHandle.WaitOne(1);
            }
            cancellation.ThrowIfCancellationRequested();
            if (action.Fraud is not null)
            {
                publishTruth(plan.Truths(action));
            }
            Statistics.Started(action, Stopwatch.GetElapsedTime(due));
            if (action is LoginAction { CorrectSecret: true } login)
            {
                _tokens.LoginStarted(login.Player);
            }
            Dispatch(new PendingAction(action, due));
        }
    }

    private void Dispatch(PendingAction pending)
    {
        if (pending.Action is TradeAction trade && !_tokens.TryResolve(pending, trade))
        {
            return;
        }
        pending.Attempts++;
        TransportOf(pending.Action).Send(pending);
    }

    private IActionTransport TransportOf(GameAction action)
    {
        int player = action is LoginAction login ? login.Player.Index : ((TradeAction)action).First.Player.Index;
        bool http = _streams == 0 || (_streams < _transports.Length && player % HttpPlayerOfMixed == 0);
        return http ? _transports[_streams + player / HttpPlayerOfMixed % (_transports.Length - _streams)] : _transports[player % _streams];
    }

    private void OnAnswer(PendingAction pending, Answer answer)
    {
        if (!answer.IsAnswered || (answer.IsWrongSecret && pending.Action is LoginAction { CorrectSecret: true }))
        {
            Statistics.Failed($"{(answer.Status == 0 ? "no answer" : answer.Status)}: {answer.Detail ?? "nothing more is known"}");
        }
        if (answer.IsUnknown)
        {
            Statistics.Retried();
            _ = RetryAsync(pending, TimeSpan.FromSeconds(Math.Clamp(answer.RetryAfterSeconds, 0.1, 10)));
            return;
        }

        if (pending.Action is LoginAction { CorrectSecret: true } login)
        {
            foreach (PendingAction waiting in _tokens.LoginCompleted(login.Player, answer.Token))
            {
                Dispatch(waiting);
            }
        }

        Statistics.Completed(pending, answer);
        if (answer.IsAnswered)
        {
            _options.Acknowledged?.Invoke(pending.Action, pending.DueTimestamp);
        }
    }

    private async Task RetryAsync(PendingAction pending, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _disposed.Token);
            pending.Attempts++;
            TransportOf(pending.Action).Send(pending);
        }
        catch (OperationCanceledException)
        {
            // The load was stopped: the action counts as unanswered.
        }
    }
}
