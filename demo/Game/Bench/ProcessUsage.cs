using System.Globalization;

namespace Game.Cli.Bench;

/// <summary>CPU time and anonymous memory of processes together, from /proc.</summary>
internal sealed class ProcessUsage : IAsyncDisposable
{
    private const double TicksPerSecond = 100; // USER_HZ, fixed by Linux's ABI
    private readonly IReadOnlyList<int> _processIds;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _sampling;
    private long _peakRssAnon;

    public ProcessUsage(IReadOnlyList<int> processIds)
    {
        _processIds = processIds;
        _sampling = SampleAsync();
    }

    /// <summary>The largest sum of RssAnon seen at one time, bytes; sampled ten times a second.</summary>
    public long PeakRssAnon => Interlocked.Read(ref _peakRssAnon);

    /// <summary>Canceled when one of the processes has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>User and system time of all so far, seconds.</summary>
    /// <exception cref="UserErrorException">One of the processes has ended.</exception>
    public double CpuSeconds() => _processIds.Sum(id => CpuSeconds(id) ?? throw new UserErrorException($"Process {id} ended while it was measured."));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sampling;
        _stopping.Dispose();
        _ended.Dispose();
    }

    private async Task SampleAsync()
    {
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await tick.WaitForNextTickAsync(_stopping.Token))
            {
                long?[] sizes = [.. _processIds.Select(RssAnon)];
                if (sizes.Contains(null))
                {
                    await _ended.CancelAsync();
                    return;
                }
                Interlocked.Exchange(ref _peakRssAnon, Math.Max(PeakRssAnon, sizes.Sum()!.Value));
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement has ended.
        }
    }

    private static double? CpuSeconds(int processId)
    {
        if (Read(processId, "stat") is not { } stat)
        {
            return null;
        }
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    // A process that has ended, and that its parent has not waited for, has a status without memory.
    private static long? RssAnon(int processId)
    {
        string? line = Read(processId, "status")?.Split('\n').FirstOrDefault(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    private static string? Read(int processId, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/{file}");
        }
        catch (IOException)
        {
            return null; // the process has ended
        }
    }
}
