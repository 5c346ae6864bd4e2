using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Game.Detector.Measuring;

namespace Game.Detector.Bench;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(EngineFigures))]
internal sealed partial class BenchJsonContext : JsonSerializerContext;

/// <summary><c>detector bench</c>: how many events a second one core judges, in process.</summary>
internal static class BenchCommand
{
    private const double TargetPerSecond = 250_000;

    public static Command Create()
    {
        var report = new Option<FileInfo?>("--report") { Description = "Write the figures as JSON." };
        var seconds = new Option<double>("--seconds") { Description = "Length of each of the five rounds.", DefaultValueFactory = _ => 3 };
        var warmUp = new Option<double>("--warm-up") { Description = "Seconds before the first round.", DefaultValueFactory = _ => 5 };
        var players = new Option<int>("--players") { Description = "Players whose events are judged.", DefaultValueFactory = _ => 10_000 };
        var command = new Command("bench", "Measure events per second and core in process, without Kafka.") { report, seconds, warmUp, players };
        command.SetAction(parsed =>
        {
            var plan = new MeasurementPlan { Players = parsed.GetValue(players), RoundSeconds = parsed.GetValue(seconds), WarmUpSeconds = parsed.GetValue(warmUp) };
            EngineFigures figures = EngineMeasurement.Run(plan, TimeProvider.System);
            Print(figures);
            if (parsed.GetValue(report) is { } file)
                File.WriteAllText(file.FullName, JsonSerializer.Serialize(figures, BenchJsonContext.Default.EngineFigures));
            return 0;
        });
        return command;
    }

    private static void Print(EngineFigures figures)
    {
        Console.WriteLine(Invariant($"{figures.EventsPerCpuSecond:N0} events per second and core (target {TargetPerSecond:N0}); by wall clock {figures.EventsPerSecond:N0}; rounds {string.Join(", ", figures.Rounds.Select(round => round.ToString("N0", CultureInfo.InvariantCulture)))}"));
        Console.WriteLine(Invariant($"{figures.AllocatedBytesPerEvent:F4} bytes allocated per event without alert; {figures.BytesPerPlayer:N0} bytes kept per player; {figures.Players:N0} players, {figures.BytesPerEvent:N0} bytes an event"));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
