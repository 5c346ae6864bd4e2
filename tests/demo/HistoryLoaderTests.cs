using System.Net;
using System.Net.Sockets;
using Game.Cli;
using Game.Cli.Demo;
using Game.Contracts;
using Game.Simulator.World;
using Geography = Game.Worlds.Geography;

namespace Game.Demo.Tests;

/// <summary>Loads history into a broker that never answers: the client's queue becomes full, or the loader waits for acknowledgements at its end.</summary>
public sealed class HistoryLoaderTests : IDisposable
{
    /// <summary>Enough players for more events than the client's queue holds (100,000).</summary>
    private const int PlayersOfFullQueue = 1500;

    private const int QueueEvents = 100_000;
    private const int FewPlayers = 50;
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0); // it never accepts the connections

    public HistoryLoaderTests() => _silent.Start();

    public void Dispose() => _silent.Dispose();

    [Theory]
    [InlineData(PlayersOfFullQueue)]
    [InlineData(FewPlayers)]
    public void An_interrupt_ends_the_loading(int players)
    {
        using CancellationTokenSource interrupt = new();
        Should.Throw<OperationCanceledException>(() => Load(players, () => interrupt.Cancel(), interrupt.Token));
    }

    [Theory]
    [InlineData(PlayersOfFullQueue)]
    [InlineData(FewPlayers)]
    public void The_end_of_a_process_ends_the_loading(int players)
        => Should.Throw<UserErrorException>(() => Load(players, () => throw new UserErrorException("The broker ended."), CancellationToken.None))
            .Message.ShouldBe("The broker ended.");

    // Calls back as soon as the loader waits: the number of events does not change.
    private void Load(int players, Action whenWaiting, CancellationToken cancellation)
    {
        long before = -1;
        History history = new(new GameWorld(seed: 1, players, new Geography()), 1_795_000_000_000);
        HistoryLoader.Load(history, $"127.0.0.1:{((IPEndPoint)_silent.LocalEndpoint).Port}", events =>
        {
            bool waits = events == before;
            before = events;
            if (waits && (players == FewPlayers || events >= QueueEvents))
            {
                whenWaiting();
            }
        }, cancellation);
    }
}
