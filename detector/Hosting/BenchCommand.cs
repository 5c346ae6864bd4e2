using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Game.CommandOptions;
using Game.Detector.Measuring;

namespace Game.Detector.Hosting;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(EngineFigures))]
internal sealed partial class BenchJsonContext : JsonSerializerContext;

/// <summary><c>detector bench</c>: measures how many events a second one core judges, in process.</summary>
internal static class BenchCommand
{
    private const double TargetPerSecond = 250_000;

    public static Command Create()
    {
        Option<FileInfo?> report = new("--report") { Description = "Write the figures as JSON." };
        Option<double> seconds = NumberOption.Of("--seconds", "Length of each of the five rounds.", 3, 0.01, 3_600);
        Option<double> warmUp = NumberOption.Of("--warm-up", "Seconds before the first round.", 5, 0.0, 3_600);
        Option<int> players = NumberOption.Of("--players", "Players whose events are judged.", 10_000, 1, 100_000);
        Command command = new("bench", "Measure events per second and core in process, without Kafka.") { report, seconds, warmUp, players };
        command.SetAction(parsed =>
        {
            MeasurementPlan plan = new()
            {
                Players = parsed.GetValue(players),
                RoundSeconds = parsed.GetValue(seconds),
                WarmUpSeconds = parsed.GetValue(warmUp),
            };
            EngineFigures figures = EngineMeasurement.Run(plan, TimeProvider.System);
            Print(figures);
            return parsed.GetValue(report) is not { } file || TryWrite(file, figures) ? 0 : DetectorCommand.Failed;
        });
        return command;
    }

    private static bool TryWrite(FileInfo file, EngineFigures figures)
    {
        try
        {
            File.WriteAllText(file.FullName, JsonSerializer.Serialize(figures, BenchJsonContext.Default.EngineFigures));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The report cannot be written: {e.Message}");
            return false;
        }
    }

    private static void Print(EngineFigures figures)
    {
        string rounds = string.Join(", ", figures.Rounds.Select(round => Invariant($"{round:N0}")));
        Console.WriteLine(
            Invariant($"{figures.EventsPerCpuSecond:N0} events per second and core (target {TargetPerSecond:N0}); ")
            + Invariant($"by wall clock {figures.EventsPerSecond:N0}; rounds {rounds}"));
        Console.WriteLine(
            Invariant($"{figures.AllocatedBytesPerEvent:F4} bytes allocated per event without alert; {figures.BytesPerPlayer:N0} bytes kept per player; ")
            + Invariant($"{figures.Players:N0} players, {figures.BytesPerEvent:N0} bytes an event"));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
