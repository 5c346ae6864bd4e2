using System.Diagnostics;
using System.Text;
using Game.Analysis.Audit;
using Game.Cli.Audit;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Detector.Tests.Quality;
using Game.Simulator.Load;
using Game.Simulator.World;
using Geography = Game.Worlds.Geography;

namespace Game.Demo.Tests;

/// <summary>The evidence of a small demo without any fault; a test then changes one thing in it.</summary>
internal sealed class AuditStory
{
    private const int Players = 130, Partitions = 2;
    private const long StartMs = 1_790_000_000_000;
    private const double Seconds = 60, Rate = 8;

    /// <summary>Played once for all stories; no story changes it.</summary>
    private static readonly Lazy<Played> Shared = new(() => new Played());

    private readonly Played _played = Shared.Value;

    public AuditStory()
    {
        Events = [.. _played.Events];
        History = _played.History;
        Begun = _played.Plan.BegunCampaigns;
        foreach (GameAction action in _played.Actions)
        {
            Complete(action, new Answer(action is LoginAction { CorrectSecret: false } ? 401 : 201, Published: true, null, 0, null));
        }
        EventAudit events = _played.Audit;
        foreach (Alert alert in events.ReplayedAlerts)
        {
            Raise(alert);
        }
        EventsInHdfs = [.. events.LivePositions.Keys, .. events.HistoryIds];
        AlertsInHdfs = events.ReplayedAlertIds;
        for (int partition = 0; partition < Partitions; partition++)
        {
            Committed[partition] = End(partition);
        }
    }

    public LoadStatistics Load { get; } = new(TimeSpan.Zero, keepAnsweredIds: true);

    public List<AuditRecord> Events { get; }

    public List<AuditRecord> Alerts { get; } = [];

    public List<AuditRecord> Priority { get; } = [];

    public HashSet<Guid> EventsInHdfs { get; }

    public HashSet<string> AlertsInHdfs { get; }

    public Dictionary<int, long> Committed { get; } = [];

    public long DuplicateRows { get; set; }

    public long DeadLetters { get; set; }

    public int History { get; set; }

    public int Begun { get; set; }

    public bool BrokersFailed { get; set; }

    /// <summary>The last live event of a partition that raised no alert: no other evidence depends on it.</summary>
    public int LastQuiet
        => Events.FindLastIndex(record => record.Offset == End(record.Partition) - 1 && !Alerts.Any(alert => Decoded(alert).EventId == Id(record)));

    public AuditSection Audit()
    {
        AlertAudit alerts = new();
        alerts.Read(Alerts);
        alerts.ReadPriority(Priority);
        return AuditComparison.Of(new AuditEvidence
        {
            Load = Load,
            HistoryPublished = History,
            CampaignsBegun = Begun,
            CampaignsFinished = _played.Plan.Campaigns.Count(campaign => campaign.Finished),
            Truth = _played.Truth,
            Events = Events.SequenceEqual(_played.Events) ? _played.Audit : Read(Events, _played.Truth),
            Alerts = alerts,
            BrokersFailed = BrokersFailed,
            Warehouse = new WarehouseAudit(EventsInHdfs, AlertsInHdfs, DuplicateRows),
            DeadLetters = DeadLetters,
            Committed = Committed,
        });
    }

    /// <summary>Appends a live login that no answer confirmed, of a new player.</summary>
    public void AppendStranger()
        => Events.Add(Record(((LoginEvent)SimulatedEvents.Of(FailedLogin(), StartMs).Single()) with { UserId = "stranger-0" }, End(0)));

    /// <summary>Starts a login and answers it. A published one is added to player-events and to HDFS, as a failed login.</summary>
    public void Login(bool correctSecret, Answer? answer)
    {
        LoginAction failed = FailedLogin();
        Complete(failed with { CorrectSecret = correctSecret }, answer);
        if (answer is not { IsAnswered: true })
        {
            return;
        }
        PlayerEvent published = SimulatedEvents.Of(failed, StartMs + (long)failed.DueMs).Single();
        Events.Add(Record(published, Committed[PartitionOf(published)]++));
        EventsInHdfs.Add(published.EventId);
    }

    public static Guid Id(in AuditRecord record)
    {
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(record.Value);
        return json.RootElement.GetProperty("event_id").GetGuid();
    }

    public static Alert Decoded(in AuditRecord record)
        => ContractJson.TryDecode(record.Value, out Alert alert, out string error) ? alert : throw new InvalidOperationException(error);

    private LoginAction FailedLogin()
        => _played.World.MistypedLogin(_played.World.Players.First(player => _played.Truth.IsHonest(player.UserId)), Seconds * 1000, StartMs);

    private void Complete(GameAction action, Answer? answer)
    {
        Load.Started(action, TimeSpan.Zero);
        if (answer is { } given)
        {
            Load.Completed(new PendingAction(action, Stopwatch.GetTimestamp()), given);
        }
    }

    private void Raise(Alert alert)
    {
        AuditRecord record = new(alert.SourcePartition, Alerts.Count, Encoding.UTF8.GetBytes(alert.UserId), ContractJson.Encode(alert), alert.Ts);
        Alerts.Add(record);
        if (alert.Severity == AlertSeverity.Critical)
        {
            Priority.Add(record with { Partition = 0, Offset = Priority.Count });
        }
    }

    private long End(int partition) => _played.Ends[partition];

    private static int PartitionOf(PlayerEvent one) => one.UserId[^1] % Partitions;

    private static AuditRecord Record(PlayerEvent one, long offset)
    {
        using EventEncoder encoder = new();
        return new AuditRecord(PartitionOf(one), offset, Encoding.UTF8.GetBytes(one.UserId), encoder.Encode(one).ToArray(), one.Ts);
    }

    private static EventAudit Read(IEnumerable<AuditRecord> records, TruthTable truth)
    {
        EventAudit events = new(Partitions, new RuleSet(), truth, Simulator.World.History.ServerId);
        events.Read(records);
        return events;
    }

    private sealed class Played
    {
        public long[] Ends { get; } = new long[Partitions];

        public Played()
        {
            foreach (PlayerEvent past in new History(World, StartMs).Events())
            {
                Append(past);
            }
            History = Events.Count;
            Plan = new LivePlan(World, new LivePlanOptions(Seconds, Rate, StartMs));
            List<SimulationTruth> truths = new();
            foreach (GameAction action in Plan.Actions())
            {
                Actions.Add(action);
                truths.AddRange(Plan.Truths(action));
                foreach (PlayerEvent one in SimulatedEvents.Of(action, StartMs + (long)action.DueMs))
                {
                    Append(one);
                }
            }

            Truth = TruthTable.Of(truths);
            Audit = Read(Events, Truth);
        }

        public GameWorld World { get; } = new(7, Players, new Geography());

        public LivePlan Plan { get; }

        public List<GameAction> Actions { get; } = [];

        public List<AuditRecord> Events { get; } = [];

        public int History { get; }

        public TruthTable Truth { get; }

        public EventAudit Audit { get; }

        private void Append(PlayerEvent one) => Events.Add(Record(one, Ends[PartitionOf(one)]++));
    }
}
