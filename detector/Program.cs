using Game.Detector.Hosting;

return await DetectorCommand.RunAsync(args);
