using Game.Analysis.Audit;
using Game.Cli.Audit;
using Game.Contracts;
using Game.Simulator.Load;

namespace Game.Demo.Tests;

/// <summary>The audit reports each way in which a demo can go wrong, in the sentence that names it.</summary>
public sealed class AuditComparisonTests
{
    private static readonly Dictionary<string, (Action<AuditStory> Spoil, string Sentence)> Faults = new()
    {
        ["event lost in the topic"] = (story => story.Events.RemoveAt(story.LastQuiet), "1 answered events are not in player-events, among them"),
        ["event without an answer"] = (story => story.AppendStranger(), "1 are in player-events, but not among answered events, among them"),
        ["event misrouted"] = (story => Change(story.Events, story.LastQuiet, r => r with { Partition = 1 - r.Partition, Offset = 1_000_000 }),
            "1 records of player-events lie in another partition than the first of their key."),
        ["event under another key"] = (story => Change(story.Events, story.LastQuiet, r => r with { Key = "somebody"u8.ToArray() }),
            "1 records of player-events are no events of the player that is their key"),
        ["event without a key"] = (story => Change(story.Events, story.LastQuiet, r => r with { Key = null }),
            "1 records of player-events are no events of the player that is their key"),
        ["record that is no event"] = (story => story.Events.Add(new AuditRecord(0, 1_000_000, "k"u8.ToArray(), "{}"u8.ToArray(), 0)),
            "1 records of player-events are no events of the player that is their key"),
        ["dead letter"] = (story => story.DeadLetters = 1, "1 records are in dead-letters."),
        ["event not committed"] = (story => story.Committed[story.Events[^1].Partition] -= 1, "1 live events lie beyond the detectors' commits."),
        ["history lost in the topic"] = (story => story.History++, "but"),
        ["history lost in HDFS"] = (story => story.EventsInHdfs.Remove(AuditStory.Id(story.Events[0])),
            "1 events of history in player-events are not in HDFS, among them"),
        ["event lost in HDFS"] = (story => story.EventsInHdfs.Remove(AuditStory.Id(story.Events[^1])),
            "1 live events of player-events are not in HDFS, among them"),
        ["event invented in HDFS"] = (story => story.EventsInHdfs.Add(Guid.CreateVersion7()),
            "1 are in HDFS, but not among live events of player-events, among them"),
        ["row twice in HDFS"] = (story => story.DuplicateRows = 1, "1 (topic, partition, offset) are in HDFS more than once."),
        ["alert lost in the topic"] = (story => story.Alerts.RemoveAt(0), "1 are in the replay, but not among alerts of the detectors, among them"),
        ["alert twice in the topic"] = (story => story.Alerts.Add(story.Alerts[0]), "1 alert ids are in the topic more than once."),
        ["alert invented"] = (story => story.Alerts.Add(Invented(story)), "1 alerts of the detectors are not in the replay, among them invented."),
        ["alert in another partition"] = (story => Change(story.Alerts, 0, r => r with { Partition = 1 - r.Partition }),
            "1 alerts lie in another partition than their event, or under another key."),
        ["alert under another key"] = (story => Change(story.Alerts, 0, r => r with { Key = "somebody"u8.ToArray() }),
            "1 alerts lie in another partition than their event, or under another key."),
        ["alert lost in HDFS"] = (story => story.AlertsInHdfs.Remove(AuditStory.Decoded(story.Alerts[0]).AlertId),
            "1 alerts of the topic are not in HDFS, among them"),
        ["alert invented in HDFS"] = (story => story.AlertsInHdfs.Add("invented"), "1 are in HDFS, but not among alerts of the topic, among them invented."),
        ["critical alert not copied"] = (story => story.Priority.RemoveAt(0), "1 critical alerts are not in alerts-priority, among them"),
        ["critical alert copied twice"] = (story => story.Priority.Add(story.Priority[0]), "1 records of alerts-priority repeat another."),
        ["copy under another key"] = (story => Change(story.Priority, 0, r => r with { Key = "somebody"u8.ToArray() }),
            "1 are in alerts-priority, but not among critical alerts, among them"),
        ["no alert at all"] = (story => story.Alerts.Clear(), "campaigns were played to their end, but there is not one alert."),
        ["event never answered"] = (story => story.Login(correctSecret: true, null), "1 events are neither answered nor rejected."),
        ["event refused"] = (story => story.Login(correctSecret: true, new Answer(422, false, null, 0, "no")),
            "1 events were refused for another reason than the rate limit."),
        ["right secret refused"] = (story => story.Login(correctSecret: true, new Answer(401, true, null, 0, "no")),
            "1 logins with the player's own secret were answered as if it were wrong."),
        ["campaign not in the truth"] = (story => story.Begun++, "campaigns, but simulation-truth holds"),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_fault_is_reported_in_its_own_sentence(string fault)
    {
        AuditStory story = new();
        Faults[fault].Spoil(story);
        AuditSection audit = story.Audit();
        audit.Ok.ShouldBeFalse();
        audit.Differences.ShouldContain(sentence => sentence.Contains(Faults[fault].Sentence, StringComparison.Ordinal), string.Join('\n', audit.Differences));
    }

    [Fact]
    public void Where_nothing_is_wrong_all_counts_agree()
    {
        AuditStory story = new();
        AuditSection audit = story.Audit();
        audit.Differences.ShouldBeEmpty();
        (audit.Sent, audit.Rejected, audit.RefusedLogins, audit.DeadLetters, audit.ReplayedDeadLetters, audit.Misrouted)
            .ShouldBe((audit.Answered, 0, 0, 0, 0, 0));
        ((long[])[audit.InTopic, audit.Detected, audit.InHdfs]).ShouldAllBe(count => count == audit.Answered);
        (audit.HistoryInTopic, audit.HistoryInHdfs, audit.AlertsInTopic, audit.AlertsInHdfs)
            .ShouldBe((story.History, story.History, story.Alerts.Count, story.Alerts.Count));
        (audit.CriticalAlerts, audit.AlertsInPriority).ShouldBe((story.Priority.Count, story.Priority.Count));
        story.Priority.ShouldNotBeEmpty();
    }

    /// <summary>A retry under the same key publishes again: that is one event.</summary>
    [Fact]
    public void An_event_published_again_counts_once()
    {
        AuditStory story = new();
        AuditRecord last = story.Events[story.LastQuiet];
        story.Events.Add(last with { Offset = last.Offset + 1 });
        AuditSection audit = story.Audit();
        audit.Differences.ShouldBeEmpty();
        audit.InTopic.ShouldBe(audit.Answered);
    }

    [Fact]
    public void Where_brokers_failed_the_filter_may_have_copied_an_alert_twice()
    {
        AuditStory story = new() { BrokersFailed = true };
        story.Priority.Add(story.Priority[0]);
        AuditSection audit = story.Audit();
        (audit.Ok, audit.PriorityRepeats).ShouldBe((true, 1));
    }

    [Fact]
    public void A_dead_letter_does_not_count_as_detected()
    {
        AuditStory story = new();
        Change(story.Events, story.LastQuiet, record => record with { Key = "somebody"u8.ToArray() });
        AuditSection audit = story.Audit();
        (audit.ReplayedDeadLetters, audit.Detected).ShouldBe((1, audit.InTopic - 1));
    }

    [Theory]
    [InlineData(false, 401, false)] // a mistyped secret is to be refused
    [InlineData(true, 401, true)] // the player is locked out
    [InlineData(true, 429, false)]
    public void Correct_refusals_are_no_difference(bool correctSecret, int status, bool locked)
    {
        AuditStory story = new();
        story.Login(correctSecret, new Answer(status, Published: status == 401, null, 0, null, locked));
        AuditSection audit = story.Audit();
        audit.Differences.ShouldBeEmpty();
        audit.RefusedLogins.ShouldBe(0);
    }

    private static void Change(List<AuditRecord> records, int index, Func<AuditRecord, AuditRecord> change) => records[index] = change(records[index]);

    private static AuditRecord Invented(AuditStory story)
        => story.Alerts[0] with
        {
            Value = ContractJson.Encode(AuditStory.Decoded(story.Alerts[0]) with
            {
                AlertId = "invented",
                Severity = AlertSeverity.Info
            })
        };
}
