using System.Runtime.InteropServices;

namespace Game.Cli;

/// <summary>Ctrl-C, SIGTERM and a terminal that is closed cancel what runs. The process ends by itself then, or is ended after a minute.</summary>
internal sealed class Interrupt : IDisposable
{
    /// <summary>Longer than the stop of a system whose every process must be killed in the end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _source = new();
    private readonly Timer _giveUp = new(static _ => Environment.Exit(Outcome.Interrupted));
    private readonly PosixSignalRegistration[] _signals;

    public Interrupt()
        => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM,
        PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Cancel))];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _giveUp.Dispose();
        _source.Dispose();
    }

    private void Cancel(PosixSignalContext context)
    {
        context.Cancel = true;
        _giveUp.Change(Patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }
}
