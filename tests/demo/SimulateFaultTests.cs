using Game.Cli.Simulate;
using Game.Simulator.Load;

namespace Game.Demo.Tests;

public sealed class SimulateFaultTests
{
    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(0, 7,
        "7 logins with the players' own secrets were refused as wrong: give the file that the game servers were started with by --accounts-key-file.")]
    [InlineData(3, 7,
        "7 logins with the players' own secrets were refused as wrong: give the file that the game servers were started with by --accounts-key-file.")]
    [InlineData(3, 0, "3 events have no final answer: the game servers did not answer, or answered that they cannot publish.")]
    public void A_failed_load_ends_with_one_sentence(long unanswered, long refusedLogins, string? sentence)
    {
        Percentiles none = new(0, 0, 0, 0, 0);
        SimulationReport report = new(10, 10 - unanswered, 0, unanswered, refusedLogins, 0, 0, 1, none, none, 0, ValidForLatency: true, null,
            Interrupted: false);
        report.Fault.ShouldBe(sentence);
    }

    [Theory]
    [InlineData("""{"n":3,"status":401,"code":"bad-password","detail":"no","event_id":"019ab3f0-7100-7000-8000-000000000000","outcome":"bad-password"}""",
        true)]
    [InlineData("""{"n":3,"status":401,"code":"locked","detail":"no","event_id":"019ab3f0-7100-7000-8000-000000000000","outcome":"locked"}""", false)]
    [InlineData("""{"n":3,"status":201,"event_id":"019ab3f0-7100-7000-8000-000000000000","session_token":"t"}""", false)]
    public void A_lockout_is_distinguished_from_a_wrong_secret(string frame, bool wrongSecret)
    {
        Answer answer = ActionJson.ReadAnswer(System.Text.Encoding.UTF8.GetBytes(frame), out long number);
        (answer.IsAnswered, answer.IsWrongSecret, number).ShouldBe((true, wrongSecret, 3));
    }

    [Fact]
    public void Ids_of_answered_events_are_kept_only_where_they_are_wanted()
        => Should.Throw<InvalidOperationException>(() => new LoadStatistics(TimeSpan.Zero).AnsweredEventIds);
}
