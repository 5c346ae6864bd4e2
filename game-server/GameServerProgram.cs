using Game.GameServer.Accounts;
using Game.GameServer.Hosting;

namespace Game.GameServer;

/// <summary>
/// The game server as a program. A team that has accounts of its own references this project and calls it from its own <c>Program.cs</c>: <c>return await
/// GameServerProgram.RunAsync(args, services =&gt; new MyAccounts(…));</c>. See game-server/README.md.
/// </summary>
public static class GameServerProgram
{
    /// <summary>Runs a game server until SIGTERM, SIGINT or <paramref name="stop"/>. Errors are one sentence on standard error.</summary>
    /// <param name="arguments">The command line; with accounts of one's own it has no <c>--accounts-key-file</c>.</param>
    /// <param name="accounts">
    /// Makes the accounts, once, before the server listens; it can get a logger, a clock and other services from the provider, which also disposes the
    /// accounts. Null: the demo's accounts.
    /// </param>
    /// <param name="stop">Stops the server in an orderly way.</param>
    /// <returns>The exit code: 0 stopped when asked, 1 failed, 2 used wrongly.</returns>
    public static async Task<int> RunAsync(string[] arguments, Func<IServiceProvider, IAccounts>? accounts = null, CancellationToken stop = default)
    {
        try
        {
            return await GameServerProcess.RunAsync(arguments, accounts, stop);
        }
        catch (Exception e) // the top of the process: any exception is shown as one sentence
        {
            await Console.Error.WriteLineAsync("game-server: " + GameServerProcess.Sentence(e));
            return GameServerProcess.Failure;
        }
    }
}
