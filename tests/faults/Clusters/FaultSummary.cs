using System.Globalization;
using System.Text;
using Load;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>What a run of faults has shown so far, as a table in .build/faults.txt, which <c>./game test</c> prints.</summary>
internal sealed class FaultSummary(int seed)
{
    private readonly List<(FaultKind Kind, TimeSpan Healthy, TimeSpan Unacknowledged)> _faults = [];

    public static string File => FileOf("faults.txt");

    /// <summary>Sentences about what was left out.</summary>
    public List<string> Remarks { get; } = [];

    public Verdict? Verdict { get; set; }

    /// <summary>A fault that the cluster has survived.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="healthy">From its end until the cluster was whole.</param>
    /// <param name="unacknowledged">The longest time without an acknowledged write to a partition, from its beginning on.</param>
    public void Add(FaultKind kind, TimeSpan healthy, TimeSpan unacknowledged) => _faults.Add((kind, healthy, unacknowledged));

    public void Write(string? ended = null) => System.IO.File.WriteAllText(File, Text(ended));

    /// <summary>Keeps a sentence about the rolling restart, in a file of its own: that test may run at the same time.</summary>
    public static void WriteRollingRestart(string sentence) => System.IO.File.WriteAllText(FileOf("faults-rolling-restart.txt"), sentence + "\n");

    private static string FileOf(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, ".build")).FullName, name);

    private string Text(string? ended)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"Faults of a cluster, seed {seed} (GAME_SEED)");
        text.AppendLine($"  {"kind",-48}{"faults",7}{"whole again, s",24}{"longest without an acknowledged write, s",44}");
        text.AppendLine($"  {"",-55}{"median",12}{"max",12}{"median",32}{"max",12}");
        foreach (IGrouping<FaultKind, (FaultKind Kind, TimeSpan Healthy, TimeSpan Unacknowledged)> kind in _faults.GroupBy(fault => fault.Kind)
            .OrderBy(kind => FaultKind.All.ToList().IndexOf(kind.Key)))
        {
            text.AppendLine(Row(kind.Key.Name, [.. kind.Select(fault => fault.Healthy)], [.. kind.Select(fault => fault.Unacknowledged)]));
        }
        text.AppendLine(Row("all", [.. _faults.Select(fault => fault.Healthy)], [.. _faults.Select(fault => fault.Unacknowledged)]));
        foreach (string line in Remarks.Append(Verdict?.ToString()).Append(ended).OfType<string>())
        {
            text.AppendLine($"  {line}");
        }
        return text.ToString();
    }

    private static string Row(string name, TimeSpan[] healthy, TimeSpan[] unacknowledged) => string.Create(CultureInfo.InvariantCulture,
        $"  {name,-48}{healthy.Length,7}{Median(healthy),12:F1}{Max(healthy),12:F1}{Median(unacknowledged),32:F1}{Max(unacknowledged),12:F1}");

    private static double Median(TimeSpan[] times) => times.Length == 0 ? 0 : times.Order().ElementAt(times.Length / 2).TotalSeconds;

    private static double Max(TimeSpan[] times) => times.Length == 0 ? 0 : times.Max().TotalSeconds;
}
