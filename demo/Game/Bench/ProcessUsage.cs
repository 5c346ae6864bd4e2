using System.Globalization;

namespace Game.Cli.Bench;

/// <summary>CPU time and anonymous memory of a process, from /proc.</summary>
internal sealed class ProcessUsage : IAsyncDisposable
{
    private const double TicksPerSecond = 100; // USER_HZ, fixed by Linux's ABI
    private readonly int _processId;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _sampling;
    private long _peakRssAnon;

    public ProcessUsage(int processId)
    {
        _processId = processId;
        _sampling = SampleAsync();
    }

    /// <summary>User and system time so far, seconds.</summary>
    public double CpuSeconds()
    {
        string stat = File.ReadAllText($"/proc/{_processId}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>The largest RssAnon seen, bytes; sampled ten times a second.</summary>
    public long PeakRssAnon => Interlocked.Read(ref _peakRssAnon);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sampling;
        _stopping.Dispose();
    }

    private async Task SampleAsync()
    {
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await tick.WaitForNextTickAsync(_stopping.Token))
            {
                Interlocked.Exchange(ref _peakRssAnon, Math.Max(PeakRssAnon, RssAnon()));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The measurement has ended, or the process has.
        }
    }

    private long RssAnon()
    {
        string line = File.ReadLines($"/proc/{_processId}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
