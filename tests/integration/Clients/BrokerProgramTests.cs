namespace Integration.Tests.Clients;

/// <summary>The broker's command line: a setting or file that cannot work ends the start with one sentence.</summary>
public sealed class BrokerProgramTests(OneBroker broker) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("log.retention.ms", "soon")]
    [InlineData("zookeeper.connect", "127.0.0.1:no-port")]
    [InlineData("listeners", "PLAINTEXT://nobody-knows-this-host.invalid:9092")]
    public async Task An_impossible_setting_is_named(string key, string value) => (await FailAsync("--override", $"{key}={value}")).ShouldContain(key);

    [Fact]
    public async Task A_port_in_use_is_named()
    => (await FailAsync("--override", $"listeners=PLAINTEXT://{broker.BootstrapServers}")).ShouldContain(broker.BootstrapServers.Split(':')[1]);

    [Fact]
    public async Task A_missing_file_is_named() => (await FailAsync(_folder["no-such.properties"])).ShouldContain("no-such.properties");

    [Fact]
    public async Task A_file_s_settings_hold_an_unknown_key_is_warned_about_and_SIGTERM_ends_it_well()
    {
        string file = _folder.WriteFile("server.properties",
            $"broker.id=7\nlisteners=PLAINTEXT://127.0.0.1:0\nlog.dirs={_folder["data"]}\nzookeper.connect=a-slip\n");
        await using RunningProgram program = RunningProgram.Start(Programs.PathOf("broker"), [file], Programs.Environment(Repository.Root));
        await program.LineAsync("serves requests", Kafka.Patience);
        program.Said.ShouldContain("Broker 7 ");
        program.Said.ShouldContain("zookeper.connect");
        program.Send(Signal.Terminate);
        (await program.ExitAsync(Kafka.Patience)).ShouldBe(0);
    }

    private async Task<string> FailAsync(params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(Programs.PathOf("broker"), [.. arguments, "--data", _folder["data"]],
            Programs.Environment(Repository.Root), timeout: Kafka.Patience);
        result.ExitCode.ShouldBe(1, result.Said);
        string sentence = result.Errors.Trim();
        sentence.ShouldNotBeEmpty();
        sentence.ShouldNotContain("   at ");
        sentence.Split('\n').Length.ShouldBe(1, sentence);
        return sentence;
    }
}
