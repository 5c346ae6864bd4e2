using System.Runtime.InteropServices;

namespace Game.Cli;

/// <summary>Ctrl-C, SIGTERM and the closing of the terminal cancel the running verb. A process that has not ended a minute later exits.</summary>
internal sealed class Interrupt : IDisposable
{
    /// <summary>Longer than it takes to stop a system of which every process ignores SIGTERM and must be killed.</summary>
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _source = new();
    private readonly Timer _exitTimer = new(static _ => Environment.Exit(Outcome.Interrupted));
    private readonly PosixSignalRegistration[] _signals;

    public Interrupt()
        => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }
            .Select(signal => PosixSignalRegistration.Create(signal, Cancel))];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _exitTimer.Dispose();
        _source.Dispose();
    }

    private void Cancel(PosixSignalContext context)
    {
        context.Cancel = true;
        _exitTimer.Change(ExitTimeout, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }
}
