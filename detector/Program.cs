using Game.Detector.Hosting;

try
{
    return await DetectorCommand.RunAsync(args);
}
catch (Exception e) // the top of the process: one sentence names what ended it
{
    await Console.Error.WriteLineAsync($"detector: it failed: {e.GetBaseException().Message} ({e.GetBaseException().GetType().Name})");
    return DetectorCommand.Failed;
}
