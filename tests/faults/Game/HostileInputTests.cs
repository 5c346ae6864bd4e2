using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Broker.Protocol.Tests.Messages;
using Confluent.Kafka;
using global::Game.Analysis.Audit;
using global::Game.Contracts;
using global::Game.Simulator.Load;
using global::Game.Simulator.World;
using Running;

namespace Faults.Tests.Game;

/// <summary>Bad requests, bad records in the topic and a faulty HDFS stop no program, and each is reported where an operator looks.</summary>
public sealed class HostileInputTests(HostileGame game) : IClassFixture<HostileGame>, IAsyncDisposable
{
    private const double Rate = 100;
    private static readonly TimeSpan TroubleTimeout = TimeSpan.FromMinutes(2 * Rounds.Of(smoke: 1));
    private readonly GameSystem _system = game.System;

    public ValueTask DisposeAsync()
    {
        _system.TellIfFailed();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Bad_records_in_the_topic_become_dead_letters_and_raw_rows_and_stop_no_program()
    {
        BadRecord[] records = [.. BadRecords.All(NowMs())];
        Task playing = PlayAsync(seconds: 4);
        Dictionary<(int Partition, long Offset), BadRecord> places = new();
        using (IProducer<string, byte[]?> producer = new ProducerBuilder<string, byte[]?>(ClientSettings.Producer(_system.BootstrapServers, "strange"))
            .SetValueSerializer(Serializers.ByteArray!).SetLogHandler((_, _) => { }).Build())
        {
            foreach (BadRecord record in records)
            {
                DeliveryResult<string, byte[]?> delivered = await producer.ProduceAsync(Topics.PlayerEvents,
                    new Message<string, byte[]?> { Key = record.Key, Value = record.Value });
                places[(delivered.Partition.Value, delivered.Offset.Value)] = record;
            }
        }

        await playing;
        await _system.DrainAsync();
        SystemAudit.HoldsFor(_system).Undecodable.ShouldBe(records.Count(record => !record.IsEvent));
        DeadLettersHold(places);
        WarehouseHolds(places);
    }

    [Fact]
    public async Task A_WebHDFS_that_fails_costs_only_time()
    {
        game.Proxy.Misbehave();
        Task playing = PlayAsync(seconds: 8);
        try
        {
            int times = Rounds.Of(smoke: 1);
            await Until.HoldsAsync("every fault was met", TroubleTimeout, () => Enum.GetValues<WebHdfsFault>().All(fault => game.Proxy.Dealt(fault) >= times));
        }
        finally
        {
            game.Proxy.Recover();
        }

        await playing;
        await _system.Sink.ReadyAsync();
        await _system.DrainAsync();
        SystemAudit.HoldsFor(_system);
    }

    [Fact]
    public async Task Any_bytes_posted_to_a_game_server_get_an_answer_that_is_no_server_error()
    {
        const int Cases = 400;
        Random random = new(20260131);
        byte[] session =
            Encoding.UTF8.GetBytes(
            $$"""{"user_id":"{{GameWorld.UserId(0)}}","secret":"{{DemoSecrets.For(DemoSecrets.ParseKey(_system.Credential), GameWorld.UserId(0))}}","device_id":"d-1","client_version":"4.2.0"}""");
        byte[] trade =
            """{"channel":"direct","item_id":"","item_value":0,"first":{"user_id":"u-0000001","gold_delta":-1,"gold_balance":9,"item_delta":0,"inventory_value":0},"second":{"user_id":"u-0000002","gold_delta":1,"gold_balance":9,"item_delta":0,"inventory_value":0}}"""u8.ToArray();
        using HttpClient http = new() { BaseAddress = new Uri(_system.GameServers[0].Url) };
        for (int i = 0; i < Cases; i++)
        {
            bool isTrade = random.Next(2) == 0;
            byte[] body = Mutation.Of(isTrade ? trade : session, isTrade ? session : trade, random);
            HttpStatusCode status = await PostAsync(http, isTrade ? "/v1/trades" : "/v1/sessions", body);
            ((int)status).ShouldBeInRange(200, 499, Encoding.Latin1.GetString(body));
        }

        (await PostAsync(http, "/v1/trades", new byte[100_000])).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await PostAsync(http, "/v1/trades", Encoding.UTF8.GetBytes(new string('[', 2_000)))).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(http, "/v1/trades", trade)).ShouldBe(HttpStatusCode.Created);
        _system.GameServers[0].ShouldBeAlive();
    }

    private async Task PlayAsync(double seconds)
    {
        await using LoadGenerator load = _system.NewLoad();
        await load.RunAsync(new LivePlan(_system.World, new LivePlanOptions(seconds, Rate, NowMs())), _ => { }, TestContext.Current.CancellationToken);
        load.Statistics.Unanswered.ShouldBe(0);
    }

    private async Task<HttpStatusCode> PostAsync(HttpClient http, string path, byte[] body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _system.Credential);
        request.Headers.Add("Idempotency-Key", Guid.CreateVersion7().ToString());
        using HttpResponseMessage response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private void DeadLettersHold(Dictionary<(int Partition, long Offset), BadRecord> places)
    {
        HashSet<(int Partition, long Offset)> expected = places.Where(place => !place.Value.IsEvent || place.Value.Key != BadRecords.User)
            .Select(place => place.Key).ToHashSet();
        ConsumerConfig config = ClientSettings.Consumer(_system.BootstrapServers, "faults", "faults");
        using IConsumer<string, byte[]?> consumer = new ConsumerBuilder<string, byte[]?>(config).SetValueDeserializer(Deserializers.ByteArray!)
            .SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, 3).Select(p => new TopicPartitionOffset(Topics.DeadLetters, p, Offset.Beginning)));
        while (expected.Count > 0)
        {
            ConsumeResult<string, byte[]?> letter = consumer.Consume(TimeSpan.FromSeconds(20))
                ?? throw new TimeoutException($"{expected.Count} records did not become dead letters, among them {places[expected.First()].What}.");
            (int, long) place = ((int)Number(letter, "source-partition"), Number(letter, "source-offset"));
            BadRecord record = places[place];
            expected.Remove(place).ShouldBeTrue($"{record.What} is no dead letter, or one twice");
            Encoding.UTF8.GetString(letter.Message.Headers.GetLastBytes("reason")).ShouldNotBeNullOrWhiteSpace(record.What);
            letter.Message.Key.ShouldBe(record.Key);
            letter.Message.Value.ShouldBe(record.Value, record.What);
        }
    }

    private void WarehouseHolds(Dictionary<(int Partition, long Offset), BadRecord> places)
    {
        Dictionary<(int Partition, long Offset), WarehouseRow> rows = _system.Warehouse.Rows(Topics.PlayerEvents, "event_id")
            .ToDictionary(row => (row.Partition, row.Offset));
        foreach (((int, long) place, BadRecord record) in places)
        {
            (rows[place].Id is not null).ShouldBe(record.IsEvent, record.What);
            rows[place].Raw.ShouldBe(record.IsEvent ? null : record.Value, record.What);
        }
    }

    private static long Number(ConsumeResult<string, byte[]?> letter, string header)
        => long.Parse(Encoding.ASCII.GetString(letter.Message.Headers.GetLastBytes(header)), CultureInfo.InvariantCulture);

    private static long NowMs() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
