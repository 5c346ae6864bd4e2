using Game.GameServer.Hosting;

return await GameServerProcess.RunAsync(args);
