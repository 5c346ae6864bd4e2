using System.Text.RegularExpressions;
using Broker.Simulation.Tests.Bugs;
using Broker.Simulation.Tests.Cluster;

namespace Broker.Simulation.Tests;

/// <summary>Histories find bugs: each of these deliberate ones breaks the invariant that its test names.</summary>
public sealed class BugsTests
{
    /// <summary>Most bugs do harm only in some histories: so many are run, from the first seed that was seen to find it, until one finds it.</summary>
    private const int Histories = 30;

    [Fact]
    public void A_follower_that_raises_its_high_watermark_too_early_is_found() =>
        Finds(DeliberateBugs.FollowerRaisesHighWatermarkTooEarly, 1, "takes back record|is in sync and lacks records");

    [Fact]
    public void A_leader_that_acknowledges_without_its_followers_is_found() =>
        Finds(DeliberateBugs.LeaderAcknowledgesWithoutItsFollowers, 12, "an acknowledged record is (lost|where it was acknowledged)");

    [Fact]
    public void A_follower_whose_last_epoch_is_not_checked_is_found() =>
        Finds(DeliberateBugs.FollowerNamesNoLastEpoch, 5, "takes back record|the log of .* on broker");

    [Fact]
    public void A_leader_that_keeps_an_old_zkVersion_is_found() =>
        Finds(DeliberateBugs.LeaderKeepsAnOldVersion, 1, "it does not come to this: all replicas are in sync again");

    [Fact]
    public void A_leader_epoch_that_is_used_twice_is_found() => Finds(DeliberateBugs.ControllerWritesNoLeaderEpoch, 2, "has one leader in epoch");

    [Fact]
    public void A_controller_that_elects_lagging_replicas_is_found() =>
        Finds(DeliberateBugs.ControllerKeepsLaggingReplicasInSync, 1, "takes back record|is in sync and lacks records");

    [Fact]
    public void A_leader_that_does_not_wait_until_its_in_sync_replicas_are_written_is_found() =>
        Finds(DeliberateBugs.LeaderDoesNotWaitForItsIsrChange, 6, "takes back record|is in sync and lacks records");

    [Fact]
    public void A_leader_that_does_not_compare_sequences_is_found() => Finds(DeliberateBugs.LeaderIgnoresSequences, 1, "once and in order");

    [Fact]
    public void Brokers_that_do_not_sync_before_they_acknowledge_are_found() =>
        Finds(DeliberateBugs.BrokersIgnoreFlushMessages, 1, "takes back record", Crashes.OfPower);

    [Fact]
    public void A_former_controller_that_writes_through_a_live_session_is_found() =>
        Finds(DeliberateBugs.FormerControllerWrites, 3, "a controller that was replaced writes nothing");

    [Fact]
    public void A_coordinator_that_answers_a_commit_before_it_is_replicated_is_found() =>
        Finds(DeliberateBugs.CoordinatorAnswersBeforeItsCommitIsReplicated, 2, "a commit of .* that was answered is lost");

    [Fact]
    public void A_stale_topic_id_that_is_accepted_is_found() =>
        Finds(DeliberateBugs.ReplicasOfADeletedTopicAreUsedAgain, 1, "all replicas are in sync again: .*[uv]-|the log of [uv]-");

    private static void Finds(Func<Bug> bug, int firstSeed, string invariant, Crashes crashes = Crashes.OfProcesses)
    {
        List<string> others = [];
        for (int seed = firstSeed; seed < firstSeed + Histories; seed++)
        {
            try
            {
                new History(seed, crashes, bug()).Run();
            }
            catch (HistoryFailedException found)
            {
                if (Regex.IsMatch(found.Message, invariant, RegexOptions.None, TimeSpan.FromSeconds(1)))
                {
                    return;
                }

                others.Add(found.Message);
            }
        }

        Assert.Fail($"\"{invariant}\" is broken in none of {Histories} histories\n{string.Join('\n', others)}");
    }
}
