using System.Text;
using CsCheck;
using Game.Contracts;
using Game.HdfsSink.Rows;
using Parquet;

namespace Game.HdfsSink.Tests.Parquet;

public sealed class TableTests
{
    private const long Noon = 1_795_435_200_000; // 2026-11-23T12:00:00Z
    private const long MinuteMs = 60_000;
    private const long HourMs = 60 * MinuteMs;

    private static readonly LoginEvent Login = new()
    {
        EventId = Guid.Parse("01900000-0000-7000-8000-000000000001"),
        UserId = "ü1",
        Ts = Noon,
        ServerId = "gs-1",
        SessionId = "s1",
        Ip = "203.0.113.7",
        Country = "DE",
        Asn = uint.MaxValue,
        Lat = 48.5,
        Lon = -11.25,
        DeviceId = "d1",
        ClientVersion = "3.1.0",
        Outcome = LoginOutcome.BadPassword,
    };

    private static readonly TradeEvent Trade = new()
    {
        EventId = Guid.Parse("01900000-0000-7000-8000-000000000002"),
        UserId = "u2",
        Ts = Noon + 1,
        ServerId = "gs-1",
        SessionId = "",
        Ip = "",
        TradeId = "t1",
        CounterpartyId = "u3",
        Channel = TradeChannel.GuildBank,
        GoldDelta = -ContractLimits.MaxGold,
        GoldBalance = 7,
        ItemId = "sword",
        ItemDelta = -3,
        ItemValue = 11,
        InventoryValue = ContractLimits.MaxGold,
    };

    [Fact]
    public async Task EventsKeepEveryField()
    {
        IReadOnlyDictionary<HourFile, ParquetRows> files
            = await ParquetRows.WriteAndReadAsync(new PlayerEventTable(), Record(0, Encode(Login)), Record(5, Encode(Trade)));
        (HourFile target, ParquetRows rows) = files.Single();

        target.Folder.ShouldBe("dt=2026-11-23/hour=12");
        target.IsMisdated.ShouldBeFalse();
        rows.Compressions.ShouldBe([CompressionMethod.Zstd]);
        IReadOnlyDictionary<string, object?> login = rows.Row(0);
        login["type"].ShouldBe("login");
        login["event_id"].ShouldBe("01900000-0000-7000-8000-000000000001");
        login["user_id"].ShouldBe("ü1");
        login["ts"].ShouldBe(new DateTime(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc));
        login["asn"].ShouldBe((long)uint.MaxValue);
        (login["lat"], login["lon"], login["outcome"], login["country"]).ShouldBe((48.5, -11.25, "bad-password", "DE"));
        (login["trade_id"], login["gold_delta"], login["item_delta"], login["_extra"], login["_raw"]).ShouldBe((null, null, null, null, null));
        IReadOnlyDictionary<string, object?> trade = rows.Row(1);
        (trade["type"], trade["channel"], trade["item_delta"]).ShouldBe(("trade", "guild-bank", -3));
        (trade["gold_delta"], trade["inventory_value"]).ShouldBe((-ContractLimits.MaxGold, ContractLimits.MaxGold));
        (trade["country"], trade["outcome"], trade["session_id"], trade["ip"]).ShouldBe((null, null, "", ""));
        (trade["_partition"], trade["_offset"], trade["_deleted"], trade["_key"]).ShouldBe((2, 5L, false, "key"));
        trade["_appended_at"].ShouldBe(new DateTime(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc));
    }

    [Fact]
    public async Task ColumnsAreTheContractsAndTheSinksOwn()
    {
        const string Contract = "type event_id user_id ts server_id session_id ip country asn lat lon device_id client_version outcome trade_id counterparty_id "
            + "channel gold_delta gold_balance item_id item_delta item_value inventory_value";
        ParquetRows rows = (await ParquetRows.WriteAndReadAsync(new PlayerEventTable(), Record(0, Encode(Login)))).Single().Value;
        string.Join(' ', rows.Schema.Fields.Select(field => field.Name))
            .ShouldBe(Contract + " _key _partition _offset _appended_at _extra _raw _deleted");
    }

    [Fact]
    public async Task UnknownFieldsAreKept()
    {
        byte[] value = [.. Encode(Login).AsSpan(..^1), .. ""","mood":{"a":[1,2]},"x":"ÿ"}"""u8];
        ParquetRows rows = (await ParquetRows.WriteAndReadAsync(new PlayerEventTable(), Record(0, value))).Single().Value;
        System.Text.Json.JsonDocument.Parse((string)rows["_extra"][0]!).RootElement.GetProperty("mood").GetProperty("a")[1].GetInt32().ShouldBe(2);
        rows["user_id"][0].ShouldBe("ü1");
    }

    [Fact]
    public async Task AnUndecodableValueIsKeptUnchanged()
    {
        IReadOnlyDictionary<HourFile, ParquetRows> files = await ParquetRows.WriteAndReadAsync(new PlayerEventTable(),
            Record(0, "not json"u8.ToArray()), Record(1, []), Record(2, [0xFF, 0x00]), Record(3, null));
        (HourFile target, ParquetRows rows) = files.Single();
        target.ShouldBe(new HourFile(Noon / HourMs, IsMisdated: true));
        rows["_raw"].ShouldBe(["not json"u8.ToArray(), Array.Empty<byte>(), new byte[] { 0xFF, 0x00 }, null]);
        rows["_deleted"].ShouldBe([false, false, false, true]);
        rows["user_id"].ShouldAllBe(text => text == null);
        rows["ts"].ShouldAllBe(text => text == null);
    }

    /// <summary>A time up to five minutes after or eight days before the record's timestamp counts; one millisecond more does not.</summary>
    [Theory]
    [InlineData(5 * MinuteMs, false, "dt=2026-11-23/hour=12")]
    [InlineData(5 * MinuteMs + 1, true, "dt=2026-11-23/hour=12")]
    [InlineData(-8 * 24 * HourMs, false, "dt=2026-11-15/hour=12")]
    [InlineData(-8 * 24 * HourMs - 1, true, "dt=2026-11-23/hour=12")]
    [InlineData(-1, false, "dt=2026-11-23/hour=11")]
    public async Task MisdatedRowsLieInTheHourOfTheRecordsTimestamp(long ahead, bool misdated, string folder)
    {
        HourFile target = (await ParquetRows.WriteAndReadAsync(new PlayerEventTable(), Record(0, Encode(Login with { Ts = Noon + ahead })))).Single().Key;
        (target.IsMisdated, target.Folder).ShouldBe((misdated, folder));
    }

    [Fact]
    public async Task ABatchIsSplitByHourAndEachPartKeepsItsOrder()
    {
        RawRecord[] records = Enumerable.Range(0, 100).Select(i => Record(i, Encode(Login with { Ts = Noon - i % 3 * HourMs }))).ToArray();
        IReadOnlyDictionary<HourFile, ParquetRows> files = await ParquetRows.WriteAndReadAsync(new PlayerEventTable(), records);
        files.Keys.Select(target => target.Folder).ShouldBe(["dt=2026-11-23/hour=10", "dt=2026-11-23/hour=11", "dt=2026-11-23/hour=12"]);
        files.Values.SelectMany(rows => rows["_offset"]).Cast<long>().Order().ShouldBe(Enumerable.Range(0, 100).Select(i => (long)i));
        foreach (ParquetRows rows in files.Values)
        {
            rows["_offset"].Cast<long>().ShouldBeInOrder();
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task ARecordWithoutAUsableTimestampIsWritten(long appendedAt)
    {
        HourFile target = (await ParquetRows.WriteAndReadAsync(new PlayerEventTable(), new RawRecord(2, 0, appendedAt, null, Encode(Login)))).Single().Key;
        target.IsMisdated.ShouldBeTrue();
        target.Folder.ShouldBe(appendedAt < 0 ? "dt=1970-01-01/hour=00" : "dt=9999-12-31/hour=23");
    }

    [Fact]
    public async Task AlertsKeepTheirFeaturesAsAMap()
    {
        Alert alert = new()
        {
            AlertId = "r/v/0/7",
            Rule = "r",
            RuleVersion = "v",
            Severity = AlertSeverity.Critical,
            Score = 0.75,
            UserId = "u1",
            EventId = Guid.Parse("01900000-0000-7000-8000-000000000001"),
            Ts = Noon,
            DetectedAt = Noon + 3,
            SourceTopic = "player-events",
            SourcePartition = 1,
            SourceOffset = 7,
            Reason = "because",
            Features = new Dictionary<string, double> { ["speed"] = 1234.5, ["distance"] = -1 },
            WindowEvents = 30,
            WindowFrom = Noon - 9,
            WindowTo = Noon,
        };
        ParquetRows rows = (await ParquetRows.WriteAndReadAsync(
            new AlertTable(),
            Record(0, ContractJson.Encode(alert)),
            Record(1, ContractJson.Encode(alert with { Features = new Dictionary<string, double>() })),
            Record(2, ContractJson.Encode(alert with { Features = new Dictionary<string, double> { ["one"] = 1 } })))).Single().Value;

        rows["features/key_value/key"].ShouldBe(["speed", "distance", null, "one"]);
        rows["features/key_value/value"].ShouldBe([1234.5, -1.0, null, 1.0]);
        (rows["severity"][0], rows["score"][0], rows["window_events"][0]).ShouldBe(("critical", 0.75, 30));
        (rows["source_partition"][0], rows["source_offset"][0]).ShouldBe((1, 7L));
        rows["detected_at"][0].ShouldBe(new DateTime(2026, 11, 23, 12, 0, 0, 3, DateTimeKind.Utc));
    }

    [Fact]
    public async Task AnAlertWithTimesThatAColumnCannotHoldIsKeptRaw()
    {
        byte[] value = Encoding.UTF8.GetBytes(
            """{"alert_id":"a","rule":"r","rule_version":"v","severity":"info","score":0,"user_id":"u","event_id":"01900000-0000-7000-8000-000000000001","ts":1,"detected_at":9223372036854775807,"source_topic":"t","source_partition":0,"source_offset":0,"reason":"","features":{},"window_events":1,"window_from":0,"window_to":0}""");
        (HourFile target, ParquetRows rows) = (await ParquetRows.WriteAndReadAsync(new AlertTable(), Record(0, value), Record(1, null))).Single();
        target.IsMisdated.ShouldBeTrue();
        rows["_raw"][0].ShouldBe(value);
        rows["features/key_value/key"].ShouldBe([null, null]);
    }

    [Fact]
    public async Task LabelsLieInTheHourOfTheirOwnTimeAndTombstonesKeepTheirKey()
    {
        Label label = new() { UserId = "u1", Verdict = "fraud", LabelledAt = Noon - HourMs, Source = "anna" };
        IReadOnlyDictionary<HourFile, ParquetRows> files = await ParquetRows.WriteAndReadAsync(new LabelTable(), Record(0, ContractJson.Encode(label)),
            Record(1, null));
        IReadOnlyDictionary<string, object?> dated = files[new HourFile(Noon / HourMs - 1, IsMisdated: false)].Row(0);
        (dated["verdict"], dated["source"], dated["_key"], dated["_deleted"]).ShouldBe(("fraud", "anna", "key", false));
        IReadOnlyDictionary<string, object?> tombstone = files[new HourFile(Noon / HourMs, IsMisdated: true)].Row(0);
        (tombstone["verdict"], tombstone["labelled_at"], tombstone["_key"], tombstone["_deleted"], tombstone["_raw"]).ShouldBe((null, null, "key", true, null));
    }

    [Fact]
    public async Task The_truth_is_filed_by_its_time()
    {
        SimulationTruth truth = new() { CampaignId = "c-1", Scenario = "theft", Role = CampaignRole.Mule, UserId = "u1", Ts = Noon - HourMs };
        IReadOnlyDictionary<HourFile, ParquetRows> files = await ParquetRows.WriteAndReadAsync(new SimulationTruthTable(),
            Record(0, ContractJson.Encode(truth)));
        IReadOnlyDictionary<string, object?> row = files[new HourFile(Noon / HourMs - 1, IsMisdated: false)].Row(0);
        (row["campaign_id"], row["scenario"], row["role"], row["user_id"], row["event_id"]).ShouldBe(("c-1", "theft", "mule", "u1", null));
    }

    [Fact]
    public void AnyBytesBecomeARow() => Check.Sample(Gen.Byte.Array[0, 64], value =>
    {
        foreach (string topic in Tables.Known)
        {
            Tables.Of(topic).Decode(new RecordBatch(0, 1, [Record(0, value)], 0)).Files.Sum(file => file.Rows).ShouldBe(1);
        }
    }, iter: 500, threads: 1);

    private static RawRecord Record(long offset, byte[]? value) => new(2, offset, Noon, "key"u8.ToArray(), value);

    private static byte[] Encode(PlayerEvent playerEvent)
    {
        using EventEncoder encoder = new();
        return encoder.Encode(playerEvent).ToArray();
    }
}
