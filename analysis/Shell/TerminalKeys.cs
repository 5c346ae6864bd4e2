namespace Game.Analysis.Shell;

/// <summary>
/// Reads the keys of a terminal. It polls for them, because Console.ReadKey cannot be cancelled. Until it is disposed, Ctrl-C is a key and not a signal. For
/// one caller at a time.
/// </summary>
internal sealed class TerminalKeys : IDisposable
{
    private const int MaxAhead = 4096; // keys typed while a query runs
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(15);
    private readonly Queue<ConsoleKeyInfo> _ahead = new();

    public TerminalKeys() => Console.TreatControlCAsInput = true;

    public async Task<ConsoleKeyInfo> NextAsync(CancellationToken cancellation)
    {
        if (_ahead.TryDequeue(out ConsoleKeyInfo typed))
        {
            return typed;
        }
        using PeriodicTimer tick = new(PollInterval);
        while (!Console.KeyAvailable)
        {
            await tick.WaitForNextTickAsync(cancellation);
        }
        return Console.ReadKey(intercept: true);
    }

    /// <summary>Runs work that Ctrl-C cancels; keeps other keys for the next line.</summary>
    public async Task RunInterruptiblyAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using PeriodicTimer tick = new(PollInterval);
        Task working = work(interrupt.Token);
        while (!working.IsCompleted)
        {
            await Task.WhenAny(working, tick.WaitForNextTickAsync(CancellationToken.None).AsTask());
            while (Console.KeyAvailable)
            {
                await HandleAsync(Console.ReadKey(intercept: true), interrupt);
            }
        }

        await working;
    }

    public void Dispose() => Console.TreatControlCAsInput = false;

    private async Task HandleAsync(ConsoleKeyInfo key, CancellationTokenSource interrupt)
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
