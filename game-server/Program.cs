using Game.GameServer;

return await GameServerProgram.RunAsync(args);
