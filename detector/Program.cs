using Game.Detector.Hosting;

return await DetectorCommand.Create().Parse(args).InvokeAsync();
