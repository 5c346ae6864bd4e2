using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Partitions;
using Broker.Server.Tests.Data;
using Broker.Storage.Files;

namespace Broker.Server.Tests.Partitions;

public sealed class PartitionTableTests : IDisposable
{
    private readonly DataBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public void The_controller_assigns_roles_and_listeners_are_notified()
    {
        _broker.Create("t", partitions: 2, replicas: [1, 2]);
        _broker.Table.IsInitialized.ShouldBeTrue();
        _broker.Table.LeaderCount.ShouldBe(2);
        _broker.Assign("t", 2, leader: 2, replicas: [1, 2]).ShouldBe([ErrorCode.None, ErrorCode.None]);
        _broker.Table.LeaderCount.ShouldBe(0);
        _broker.Told.ShouldBe(["lead t-0 1", "lead t-1 1", "follow 2 t-0 2", "follow 2 t-1 2"]);
        _broker["t"].State.LeaderId.ShouldBe(2);
    }

    [Fact]
    public void Old_controllers_registrations_and_epochs_are_refused()
    {
        _broker.Create("t");
        _broker.Assign("t", 1, 1, epoch: 1).ShouldBe([ErrorCode.StaleControllerEpoch]);
        _broker.Table.Apply(new LeaderAndIsrRequest { ControllerEpoch = 0, BrokerEpoch = -1 }).ErrorCode.ShouldBe((short)ErrorCode.StaleControllerEpoch);
        _broker.Table.Apply(new StopReplicaRequest { ControllerEpoch = 0, BrokerEpoch = -1 }).ErrorCode.ShouldBe((short)ErrorCode.StaleControllerEpoch);
        _broker.BrokerEpoch = 11;
        _broker.Table.Apply(new LeaderAndIsrRequest { ControllerEpoch = 1, BrokerEpoch = 10 }).ErrorCode.ShouldBe((short)ErrorCode.StaleBrokerEpoch);
        _broker.Table.Apply(new LeaderAndIsrRequest { ControllerEpoch = 1, BrokerEpoch = -1 }).ErrorCode.ShouldBe((short)0);
    }

    [Fact]
    public void What_a_former_term_has_sent_is_refused_after_a_request_of_any_kind_of_the_next_one()
    {
        _broker.Create("t");
        _broker.Metadata.Apply(new UpdateMetadataRequest { ControllerEpoch = 7 }).ErrorCode.ShouldBe((short)0);
        _broker.Table.Apply(new LeaderAndIsrRequest { ControllerEpoch = 6, BrokerEpoch = -1 }).ErrorCode.ShouldBe((short)ErrorCode.StaleControllerEpoch);
        _broker.Table.Apply(new StopReplicaRequest { ControllerEpoch = 6, BrokerEpoch = -1 }).ErrorCode.ShouldBe((short)ErrorCode.StaleControllerEpoch);
        _broker.Table.Apply(new StopReplicaRequest { ControllerEpoch = 8, BrokerEpoch = -1 }).ErrorCode.ShouldBe((short)0);
        _broker.Metadata.Apply(new UpdateMetadataRequest { ControllerEpoch = 7 }).ErrorCode.ShouldBe((short)ErrorCode.StaleControllerEpoch);
    }

    [Fact]
    public void A_log_without_room_is_created_once_there_is_room()
    {
        bool isFull = true;
        _broker.Disk.BeforeChange = (change, _) =>
        {
            if (isFull && change is FileChange.Create or FileChange.CreateDirectory)
            {
                throw new IOException("full", Shortage.NoSpace);
            }
        };
        _broker.Create("t", partitions: 2).Told.ShouldBeEmpty();
        _broker["t"].State.Role.ShouldBe(PartitionRole.Offline, "clients are told to try again");
        _broker.Table.OpenMissingLogs();
        _broker["t"].State.Role.ShouldBe(PartitionRole.Offline);
        Stop("t", -2, delete: true, index: 1).ShouldBe(ErrorCode.None);
        isFull = false;
        _broker.Table.OpenMissingLogs();
        _broker["t"].State.IsLeader.ShouldBeTrue();
        _broker.Table.Find("t", 1).ShouldBeNull("it was deleted meanwhile");
        _broker.Told.ShouldContain("lead t-0 1");
        _broker.DirectoryFailures.ShouldBe(0);
    }

    [Fact]
    public void A_replica_whose_log_may_lie_in_a_failed_directory_is_not_called_deleted()
    {
        DataBroker broker = new(folders: ["/a", "/b"]);
        broker.Create("t", partitions: 2);
        broker.Disk.BeforeChange = (_, path) =>
        {
            if (path.StartsWith("/b", StringComparison.Ordinal))
            {
                throw new IOException("Input/output error");
            }
        };
        int failing = broker.Directories.Find(new Storage.TopicPartition("t", 0))!.Directory == "/b" ? 0 : 1;
        Stop(broker, "t", -2, delete: true, index: failing).ShouldBe(ErrorCode.KafkaStorageError);
        Stop(broker, "t", -2, delete: true, index: failing).ShouldBe(ErrorCode.KafkaStorageError, "also once the broker does not hold the partition any more");
        Stop(broker, "t", -2, delete: true, index: 1 - failing).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void A_partition_without_a_replica_on_this_broker_is_not_created()
    {
        _broker.Assign("t", 1, leader: 2, replicas: [2, 3]).ShouldBe([ErrorCode.UnknownTopicOrPartition]);
        _broker.Table.Count.ShouldBe(0);
        _broker.Directories.Logs.ShouldBeEmpty();
    }

    [Fact]
    public void Another_topic_of_the_same_name_is_refused()
    {
        _broker.Create("t");
        LeaderAndIsrResponse response = _broker.Table.Apply(new LeaderAndIsrRequest
        {
            ControllerEpoch = 1,
            BrokerEpoch = -1,
            TopicStates = [new()
            {
                TopicName = "t", TopicId = Guid.NewGuid(), PartitionStates = [new() { Leader = 1, LeaderEpoch = 99, Isr = [1], Replicas = [1] }],
            }],
        });
        response.Topics[0].PartitionErrors[0].ErrorCode.ShouldBe((short)ErrorCode.InconsistentTopicId);
        response.PartitionErrors[0].ErrorCode.ShouldBe((short)ErrorCode.InconsistentTopicId);
    }

    [Theory]
    [InlineData(-2, ErrorCode.None)]
    [InlineData(-1, ErrorCode.None)]
    [InlineData(0, ErrorCode.FencedLeaderEpoch)]
    [InlineData(1, ErrorCode.None)]
    [InlineData(7, ErrorCode.None)]
    public void Deleting_a_replica_deletes_its_log(int epoch, ErrorCode expected)
    {
        _broker.Create("t", partitions: 2);
        Partition held = _broker["t"];
        Stop("t", epoch, delete: true).ShouldBe(expected);
        bool gone = expected == ErrorCode.None;
        (_broker.Table.Find("t", 0) is null).ShouldBe(gone);
        (_broker.Directories.Find(new Storage.TopicPartition("t", 0)) is null).ShouldBe(gone);
        (held.State.Role == PartitionRole.Stopped).ShouldBe(gone);
        _broker.Told.Contains($"stop t-0 {epoch}").ShouldBe(gone);
        if (gone)
        {
            Stop("t", epoch, delete: true).ShouldBe(ErrorCode.None); // again, like a controller that got no answer
        }
    }

    [Fact]
    public void Stopping_without_deleting_keeps_the_log()
    {
        _broker.Create("t");
        Stop("t", -1, delete: false).ShouldBe(ErrorCode.None);
        _broker["t"].State.Role.ShouldBe(PartitionRole.Follower);
        _broker.Directories.Find(new Storage.TopicPartition("t", 0)).ShouldNotBeNull();
    }

    [Fact]
    public void A_deleted_topic_can_be_created_again_under_its_name()
    {
        _broker.Create("t");
        Stop("t", -2, delete: true);
        _broker.Create("t");
        _broker["t"].State.IsLeader.ShouldBeTrue();
    }

    private ErrorCode Stop(string topic, int epoch, bool delete, int index = 0) => Stop(_broker, topic, epoch, delete, index);

    private static ErrorCode Stop(DataBroker broker, string topic, int epoch, bool delete, int index) => (ErrorCode)broker.Table.Apply(new StopReplicaRequest
    {
        ControllerEpoch = 1,
        BrokerEpoch = -1,
        TopicStates = [new() { TopicName = topic, PartitionStates = [new() { PartitionIndex = index, LeaderEpoch = epoch, DeletePartition = delete }] }],
    }).PartitionErrors.ShouldHaveSingleItem().ErrorCode;
}
