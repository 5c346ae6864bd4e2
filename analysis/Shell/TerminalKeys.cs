namespace Game.Analysis.Shell;

/// <summary>
/// The keys of a terminal, looked for rather than waited for: Console.ReadKey cannot be cancelled. Ctrl-C is a key while this lives. For one caller at a time.
/// </summary>
internal sealed class TerminalKeys : IDisposable
{
    private const int MaxAhead = 4096; // what somebody types while a query runs
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(15);
    private readonly Queue<ConsoleKeyInfo> _ahead = new();

    public TerminalKeys() => Console.TreatControlCAsInput = true;

    public async Task<ConsoleKeyInfo> NextAsync(CancellationToken cancellation)
    {
        if (_ahead.TryDequeue(out ConsoleKeyInfo typed))
        {
            return typed;
        }
        using PeriodicTimer tick = new(LookEvery);
        while (!Console.KeyAvailable)
        {
            await tick.WaitForNextTickAsync(cancellation);
        }
        return Console.ReadKey(intercept: true);
    }

    /// <summary>Does something that Ctrl-C cancels; other keys are kept for afterwards.</summary>
    public async Task WhileAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using PeriodicTimer tick = new(LookEvery);
        Task working = work(interrupt.Token);
        while (!working.IsCompleted)
        {
            await Task.WhenAny(working, tick.WaitForNextTickAsync(CancellationToken.None).AsTask());
            while (Console.KeyAvailable)
            {
                await TakeAsync(Console.ReadKey(intercept: true), interrupt);
            }
        }

        await working;
    }

    public void Dispose() => Console.TreatControlCAsInput = false;

    private async Task TakeAsync(ConsoleKeyInfo key, CancellationTokenSource interrupt)
    {
        if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control })
        {
            _ahead.Clear();
            await interrupt.CancelAsync();
        }
        else if (_ahead.Count < MaxAhead)
        {
            _ahead.Enqueue(key);
        }
    }
}
