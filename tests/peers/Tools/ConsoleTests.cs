namespace Peers.Tests.Tools;

/// <summary>Apache's console clients and load tools on our broker.</summary>
public sealed class ConsoleTests(OneBroker broker)
{
    private const string Lines = "k1:one\nk2:two\nk3:drei, vier\n";

    [Theory]
    [InlineData("3.9", "4.2", "zstd")]
    [InlineData("4.2", "3.9", "snappy")]
    public Task What_one_version_writes_the_other_reads(string writer, string reader, string codec)
    {
        Need.Apache();
        return WriteAndReadAsync(writer, reader, codec);
    }

    [Theory]
    [InlineData("3.9", "3.9", "none")]
    [InlineData("3.9", "4.2", "gzip")]
    [InlineData("4.2", "3.9", "lz4")]
    [InlineData("4.2", "4.2", "none")]
    public Task The_same_with_every_compression(string writer, string reader, string codec)
    {
        Need.AllCases();
        return WriteAndReadAsync(writer, reader, codec);
    }

    [Theory]
    [InlineData("3.9", "acks=all")]
    [InlineData("4.2", "acks=all")]
    [InlineData("3.9", "acks=1")]
    [InlineData("4.2", "acks=0")]
    public async Task The_load_tools_write_and_read_all_their_records(string version, string acks)
    {
        Need.AllCases();
        string topic = broker.FreshName("load");
        string servers = await broker.BootstrapServersAsync();
        string written = await Apache.KafkaAsync(version, "producer-perf",
            ["--topic", topic, "--num-records", "50000", "--record-size", "100", "--throughput", "-1",
            "--producer-props", $"bootstrap.servers={servers}", acks, "compression.type=lz4", $"enable.idempotence={(acks == "acks=all" ? "true" : "false")}"]);
        written.ShouldContain("50000 records sent");
        string read = await Apache.KafkaAsync(version, "consumer-perf",
            ["--bootstrap-server", servers, "--topic", topic, "--messages", "50000", "--timeout", "30000"]);
        read.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(',')[4].Trim().ShouldBe("50000", read);
    }

    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task The_verifiable_clients_agree(string version)
    {
        Need.AllCases();
        string topic = broker.FreshName("verifiable");
        string servers = await broker.BootstrapServersAsync();
        string written = await Apache.KafkaAsync(version, "verifiable-producer",
            ["--bootstrap-server", servers, "--topic", topic, "--max-messages", "2000", "--acks", "-1"]);
        written.ShouldContain("\"acked\":2000");
        string read = await Apache.KafkaAsync(version, "verifiable-consumer",
            ["--bootstrap-server", servers, "--topic", topic, "--group-id", topic, "--max-messages", "2000", "--reset-policy", "earliest", "--verbose"]);
        read.Split('\n').Count(line => line.Contains("\"record_data\"", StringComparison.Ordinal)).ShouldBe(2000);
    }

    private async Task WriteAndReadAsync(string writer, string reader, string codec)
    {
        string topic = broker.FreshName("console");
        string servers = await broker.BootstrapServersAsync();
        await Apache.KafkaAsync(writer, "console-producer",
            ["--bootstrap-server", servers, "--topic", topic, "--compression-codec", codec, Property(writer, "reader"), "parse.key=true",
                Property(writer, "reader"), "key.separator=:"], Lines);
        string read = await Apache.KafkaAsync(reader, "console-consumer",
            ["--bootstrap-server", servers, "--topic", topic, "--from-beginning", "--max-messages", "3", "--timeout-ms", "60000",
            Property(reader, "formatter"), "print.key=true", Property(reader, "formatter"), "key.separator=:"]);
        read.ShouldBe(Lines);
    }

    // In 4.2 this option became several options, one for each use of the property.
    private static string Property(string version, string part) => version == "3.9" ? "--property" : $"--{part}-property";
}
