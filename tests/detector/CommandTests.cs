using Game.Detector.Hosting;

namespace Game.Detector.Tests;

public class CommandTests
{
    [Theory]
    [InlineData("--partitions", "0")]
    [InlineData("--partitions", "abc")]
    [InlineData("--partitions")]
    [InlineData("--nonsense")]
    [InlineData("--bootstrap-server", "here")]
    [InlineData("bench", "--players", "0")]
    [InlineData("bench", "--seconds", "NaN")]
    [InlineData("bench", "--warm-up", "-1")]
    [InlineData("--rules", "no-such-file.json")]
    public async Task Wrong_use_ends_with_code_2(params string[] arguments)
        => (await DetectorCommand.RunAsync(arguments)).ShouldBe(DetectorCommand.InvalidUsage);

    [Fact]
    public async Task Rules_can_be_printed()
        => (await DetectorCommand.Create().Parse(["--print-rules"]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken)).ShouldBe(0);

    [Fact]
    public void The_needed_topics_follow_the_partition_count()
    {
        DetectorOptions options = new() { BootstrapServers = "", Group = "g", ClientId = "c", Partitions = 5, Urls = "", IsFilter = false, Rules = new() };
        options.NeededTopics().Select(topic => (topic.Name, topic.Partitions)).ShouldBe([("player-events", 5), ("alerts", 5), ("dead-letters", 3)]);
        (options with { IsFilter = true }).NeededTopics().Select(topic => topic.Name).ShouldBe(["alerts", "alerts-priority", "dead-letters"]);
    }
}
