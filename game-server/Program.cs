using Game.GameServer.Hosting;

try
{
    return await GameServerProcess.RunAsync(args);
}
catch (Exception e) // the top of the process: whatever ends it is told in a sentence
{
    await Console.Error.WriteLineAsync("game-server: " + GameServerProcess.Sentence(e));
    return GameServerProcess.Failure;
}
