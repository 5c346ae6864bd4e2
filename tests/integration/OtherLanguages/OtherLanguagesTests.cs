using System.Globalization;

namespace Integration.Tests.OtherLanguages;

/// <summary>Clients of other languages, where they are installed.</summary>
public sealed class OtherLanguagesTests(OneBroker broker) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    public async Task Kcat_writes_lists_and_reads(string codec)
    {
        SkipWithoutKcat();
        string topic = broker.FreshName("kcat");
        string lines = string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i}:value {i}\n"));
        (await KcatAsync(["-P", "-t", topic, "-K:", "-z", codec, "-H", "h=v"], lines)).ShouldBeEmpty();
        (await KcatAsync(["-L", "-t", topic])).ShouldContain($"topic \"{topic}\" with 1 partitions");
        (await KcatAsync(["-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k:%s\n"])).ShouldBe(lines);
        (await KcatAsync(["-C", "-t", topic, "-o", "990", "-c", "1", "-e", "-q", "-f", "%o %s %h\n"])).ShouldBe("990 value 990 h=v\n");
        (await KcatAsync(["-Q", "-t", $"{topic}:0:-1"])).Trim().ShouldEndWith(1000.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Kcat_reads_as_a_group_and_the_partitions_of_a_killed_member_move()
    {
        SkipWithoutKcat();
        string topic = broker.FreshName("kcat-group");
        await KcatAsync(["-P", "-t", topic], "one\n");
        string[] arguments = ["-b", broker.BootstrapServers, "-G", $"{topic}-group", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=1500", "-X",
            "heartbeat.interval.ms=300", topic];
        await using (RunningProgram killed = RunningProgram.Start("kcat", ["-u", .. arguments]))
        {
            await killed.LineAsync("one", Kafka.Patience);
            killed.Send(Signal.Kill);
            await killed.ExitAsync(Kafka.Patience);
        }

        await KcatAsync(["-P", "-t", topic], "two\n");
        await using RunningProgram next = RunningProgram.Start("kcat", ["-u", .. arguments]);
        await next.LineAsync("two", Kafka.Patience);
    }

    [Theory]
    [InlineData("kafka", "kafka_python.py", "python3-kafka")]
    [InlineData("confluent_kafka", "confluent_python.py", "python3-confluent-kafka")]
    public async Task Python_writes_reads_and_administers(string module, string script, string package)
    {
        string python = await PythonWithAsync(module, package);
        CommandResult result = await Command.RunAsync(python,
            [Path.Combine(AppContext.BaseDirectory, "OtherLanguages", script), broker.BootstrapServers, broker.FreshName("python")]);
        result.ExitCode.ShouldBe(0, result.Said);
        result.Output.ShouldBe("ok\n", result.Said);
    }

    // Only Debian's own Python finds Debian's packages, and another Python may be first on the PATH.
    private static async Task<string> PythonWithAsync(string module, string package)
    {
        foreach (string python in (string[])["/usr/bin/python3", "python3"])
        {
            if ((Path.IsPathRooted(python) ? File.Exists(python) : Command.Find(python) is not null)
                && (await Command.RunAsync(python, ["-c", $"import {module}"])).ExitCode == 0)
            {
                return python;
            }
        }

        Assert.Skip($"Python's module {module} is not installed: apt-get install {package}");
        return "";
    }

    private static void SkipWithoutKcat() => Assert.SkipWhen(Command.Find("kcat") is null, "kcat is not installed: apt-get install kcat");

    private async Task<string> KcatAsync(string[] arguments, string? input = null)
    {
        CommandResult result = await Command.RunAsync("kcat", ["-b", broker.BootstrapServers, .. arguments], input: input);
        result.ExitCode.ShouldBe(0, result.Said);
        return result.Output;
    }
}
