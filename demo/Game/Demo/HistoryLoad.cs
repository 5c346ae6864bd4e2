using Game.Cli.Processes;
using Game.Simulator.World;

namespace Game.Cli.Demo;

/// <summary>Loads history into a system whose broker runs, and shows the progress.</summary>
internal sealed class HistoryLoad(GameSystem system, DemoState state)
{
    /// <returns>The number of events.</returns>
    /// <exception cref="UserErrorException">The broker did not acknowledge all events, or a process has ended.</exception>
    public async Task<long> RunAsync(History history, CancellationToken cancellation)
    {
        state.Phase = "loading history";
        state.History.Begin(history.Count);
        long events = await Task.Run(() => HistoryLoader.Load(history, system.Endpoints.BootstrapServers, Loaded, cancellation), cancellation);
        state.History.End();
        state.Report($"{events:N0} events of history are in player-events");
        return events;
    }

    private void Loaded(long events)
    {
        state.History.Advance(events);
        system.ThrowIfProcessExited();
    }
}
