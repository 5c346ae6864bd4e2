using System.Globalization;
using Running;

namespace Faults.Tests;

/// <summary>Memory and output of a process.</summary>
internal static class Vital
{
    private const int LastLines = 40;

    /// <summary>Private memory without a file behind it, in bytes.</summary>
    public static long RssAnonBytes(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    public static bool IsAlive(this BrokerProcess broker)
        => Directory.Exists($"/proc/{broker.ProcessId}") && !File.ReadAllText($"/proc/{broker.ProcessId}/stat").Contains(") Z ", StringComparison.Ordinal);

    public static void ShouldBeAlive(this BrokerProcess broker)
        => broker.IsAlive().ShouldBeTrue($"the broker must live; it said last:\n{LastWords(broker.Log)}");

    /// <summary>If the running test has failed, adds the program's last output to the test's output.</summary>
    public static void TellIfFailed(string name, string said)
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"--- {name} said last:\n{LastWords(said)}");
        }
    }

    private static string LastWords(string said) => string.Join('\n', said.Split('\n').TakeLast(LastLines));
}
