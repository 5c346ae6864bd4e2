using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>Hostile bytes are sent to a broker's process: it keeps running, its memory stays bounded, and it serves other clients.</summary>
public sealed class HostileBytesTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;
    private const int FrameLimit = 100 * Megabyte;

    /// <summary>Twice queued.max.request.bytes (256 MiB), because buffers are copied when they grow, and the memory of a busy broker.</summary>
    private const long MostMemory = 700L * Megabyte;

    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;
    private Bystander _bystander = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await BrokerProcess.StartAsync(_folder["broker"]);
        _bystander = new Bystander(_broker);
        await _bystander.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Vital.TellIfFailed("the broker", _broker.Log);
        _bystander.Dispose();
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Broken_framing_and_unknown_requests_close_their_connection_only()
    {
        foreach ((string what, byte[] bytes) in Violations())
        {
            using WireClient hostile = new(_broker.Port);
            await hostile.SendAsync(bytes);
            (await hostile.IsClosedAsync()).ShouldBeTrue(what);
        }

        await _bystander.IsServedAsync();
    }

    [Fact]
    public async Task Ten_half_sent_frames_of_100_MB_delay_no_other_client()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        WireClient[] hostile = [.. Enumerable.Range(0, 10).Select(_ => new WireClient(_broker.Port))];
        Task[] sending = [.. hostile.Select(client => HalfAsync(client, stop.Token))];
        // Two frames fit into the budget, and the broker reads their first half; it does not read the others yet.
        await Until.HoldsAsync("the halves that fit have been sent", TimeSpan.FromSeconds(30), () => sending.Count(task => task.IsCompletedSuccessfully) >= 2);
        long start = Stopwatch.GetTimestamp();
        await _bystander.IsServedAsync(records: 200);
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        Vital.RssAnonBytes(_broker.ProcessId).ShouldBeLessThan(MostMemory);
        await stop.CancelAsync();
        foreach (WireClient client in hostile)
        {
            client.Dispose();
        }
        await _bystander.IsServedAsync();
    }

    [Fact]
    public async Task Random_bytes_and_mutated_requests_end_only_their_connection()
    {
        int cases = Rounds.IsNightly ? 1_000_000 : 6_000;
        HostileFrames frames = new(20260131, cases);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Run(() => BombardAsync(frames))));
        _broker.ShouldBeAlive();
        await _bystander.IsServedAsync();
        Vital.RssAnonBytes(_broker.ProcessId).ShouldBeLessThan(MostMemory);
        _broker.Log.ShouldNotContain("NullReferenceException");
    }

    [Fact]
    public async Task Five_thousand_idle_connections_cost_little()
    {
        const int Connections = 5_000, Reserve = 500, MostBytesEach = 16 * 1024;
        if (OpenFilesLimit() < Connections + Reserve)
        {
            Assert.Skip($"a process may open {OpenFilesLimit()} files here, and this takes {Connections + Reserve}: raise the limit (ulimit -Hn)");
        }
        long before = Vital.RssAnonBytes(_broker.ProcessId);
        List<WireClient> idle = new(Connections);
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                idle.Add(new WireClient(_broker.Port));
            }
            await _bystander.IsServedAsync(records: 20);
            (Vital.RssAnonBytes(_broker.ProcessId) - before).ShouldBeLessThan((long)Connections * MostBytesEach);
        }
        finally
        {
            foreach (WireClient client in idle)
            {
                client.Dispose();
            }
        }

        await _bystander.IsServedAsync();
    }

    [Fact]
    public async Task Batches_that_take_128_MiB_each_to_open_are_opened_one_by_one()
    {
        const int Batches = 12;
        byte[] request = WideWindow.Produce("wide");
        using (IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build())
        {
            await admin.CreateTopicsAsync([new TopicSpecification { Name = "wide", NumPartitions = 1, ReplicationFactor = 1 }]);
        }
        request.Length.ShouldBeLessThan(Megabyte);
        WireClient[] hostile = [.. Enumerable.Range(0, Batches).Select(_ => new WireClient(_broker.Port))];
        Task answered = Task.WhenAll(hostile.Select(async client =>
        {
            await client.SendAsync(request);
            await client.ReadAsync(frames: 1, quiet: TimeSpan.FromMinutes(1));
        }));
        long most = 0;
        do
        {
            most = Math.Max(most, Vital.RssAnonBytes(_broker.ProcessId));
            await _bystander.IsServedAsync(records: 1);
        }
        while (!answered.IsCompleted);
        await answered;
        foreach (WireClient client in hostile)
        {
            client.Dispose();
        }
        most.ShouldBeLessThan(MostMemory);
        using IConsumer<Ignore, Ignore> asker = new ConsumerBuilder<Ignore, Ignore>(ClientSettings.Consumer(_broker.BootstrapServers, "faults", "faults"))
            .Build();
        asker.QueryWatermarkOffsets(new TopicPartition("wide", 0), WireClient.Patience).High.Value.ShouldBe(Batches, "all were opened and found good");
    }

    private static IEnumerable<(string What, byte[] Bytes)> Violations()
    {
        yield return ("a negative length", WireClient.Raw(-1));
        yield return ("the lowest length", WireClient.Raw(int.MinValue));
        yield return ("a length over the limit", WireClient.Raw(FrameLimit + 1));
        yield return ("the highest length", WireClient.Raw(int.MaxValue, new byte[100]));
        yield return ("another protocol", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        yield return ("an empty frame", WireClient.Raw(0));
        yield return ("no room for a header", WireClient.Raw(3, 0, 0, 0));
        yield return ("an unknown API key", WireClient.Raw(10, 3, 231, 0, 0, 0, 0, 0, 1, 0, 0));
        yield return ("a negative API key", WireClient.Raw(10, 255, 255, 0, 0, 0, 0, 0, 1, 0, 0));
        yield return ("a version above", WireClient.Raw(10, 0, 12, 0, 99, 0, 0, 0, 1, 0, 0));
        yield return ("a version below", WireClient.Raw(10, 0, 12, 255, 255, 0, 0, 0, 1, 0, 0));
        yield return ("a client id longer than the frame", WireClient.Raw(10, 0, 12, 0, 0, 0, 0, 0, 1, 127, 255));
        yield return ("a body cut off", WireClient.Raw(10, 0, 12, 0, 0, 0, 0, 0, 1, 255, 255));
    }

    private static async Task HalfAsync(WireClient client, CancellationToken cancellation)
    {
        await client.SendAsync(WireClient.Raw(FrameLimit), cancellation);
        byte[] piece = new byte[Megabyte];
        for (int sent = 0; sent < FrameLimit / 2; sent += piece.Length)
        {
            await client.SendAsync(piece, cancellation);
        }
    }

    private async Task BombardAsync(HostileFrames frames)
    {
        const int FramesPerConnection = 4;
        TimeSpan quiet = TimeSpan.FromMilliseconds(150);
        while (frames.Take(FramesPerConnection) is { Length: > 0 } taken)
        {
            _broker.IsAlive().ShouldBeTrue(frames.Newest());
            using WireClient client = new(_broker.Port);
            try
            {
                await client.SendAsync(taken.SelectMany(frame => frame).ToArray()).WaitAsync(WireClient.Patience);
            }
            catch (System.Net.Sockets.SocketException)
            {
                continue; // closed at the first of the frames
            }

            await client.ReadAsync(taken.Length, quiet);
        }
    }

    private static long OpenFilesLimit()
    {
        string line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string hard = line.Split((char[])[' '], StringSplitOptions.RemoveEmptyEntries)[4];
        return hard == "unlimited" ? long.MaxValue : long.Parse(hard, System.Globalization.CultureInfo.InvariantCulture);
    }
}
