using System.CommandLine;
using Game.Cli.Processes;

namespace Game.Cli.Verbs;

/// <summary><c>./game down</c>: stops the system that up or demo --keep left running.</summary>
internal static class DownVerb
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        Command command = new("down", "End the running system; its data stays");
        command.SetAction((_, cancellation) => RunAsync(cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (SystemFolder.Active() is not { } folder || folder.Running() is not { } running)
        {
            Console.WriteLine("Nothing runs.");
            return 0;
        }

        foreach (IReadOnlyList<RunningProcess> step in StopOrder.Steps(running.Processes, process => process.Name))
        {
            await StopAsync(step, cancellation);
        }

        folder.ForgetRunning();
        Console.WriteLine($"The system is down{(folder.IsOf(SystemFolder.Up) ? "; ./game up continues with its data" : "")}. Its data lies in");
        Console.WriteLine($"  {folder.Path}");
        return 0;
    }

    private static async Task StopAsync(IReadOnlyList<RunningProcess> processes, CancellationToken cancellation)
    {
        foreach (RunningProcess process in processes.Where(process => process.IsAlive))
        {
            Signals.Terminate(process.Id);
        }
        long started = TimeProvider.System.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (processes.Any(process => process.IsAlive) && TimeProvider.System.GetElapsedTime(started) < StopTimeout)
        {
            await tick.WaitForNextTickAsync(cancellation);
        }
        foreach (RunningProcess process in processes.Where(process => process.IsAlive))
        {
            Signals.KillAtOnce(process.Id);
        }
    }
}
