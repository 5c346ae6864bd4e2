using Broker.Protocol.Messages;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Tests.Controller;

public sealed class LocalBrokerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Requests_that_wait_for_the_disk_block_no_caller_and_are_applied_in_their_order()
    {
        using ManualResetEventSlim disk = new();
        List<string> applied = [];
        using IBlockingWork threads = PoolScheduler.Instance.CreateThreads(maxThreads: 1);
        LocalBroker broker = new(
            _ =>
            {
                disk.Wait(Patience).ShouldBeTrue();
                applied.Add("LeaderAndIsr");
                return new LeaderAndIsrResponse();
            },
            _ =>
            {
                applied.Add("StopReplica");
                return new StopReplicaResponse();
            },
            threads, new MetadataCache("c", TimeProvider.System), new TopicConfigs(null!, null!), () => 5);

        Task leading = broker.Send(new LeaderAndIsrRequest(), CancellationToken.None).AsTask();
        Task stopping = broker.Send(new StopReplicaRequest(), CancellationToken.None).AsTask();
        leading.IsCompleted.ShouldBeFalse();
        MetadataUpdate update = new(new UpdateMetadataRequest { BrokerEpoch = 5 });
        (await broker.Send(update, CancellationToken.None)).ErrorCode.ShouldBe((short)0, "it needs no disk");
        stopping.IsCompleted.ShouldBeFalse();
        disk.Set();
        await Task.WhenAll(leading, stopping).WaitAsync(Patience, TestContext.Current.CancellationToken);
        applied.ShouldBe(["LeaderAndIsr", "StopReplica"]);
    }

    [Fact]
    public async Task When_the_broker_has_stopped_its_disk_work_it_is_out_of_reach()
    {
        IBlockingWork threads = PoolScheduler.Instance.CreateThreads(maxThreads: 1);
        LocalBroker broker = new(
            _ => new LeaderAndIsrResponse(), _ => new StopReplicaResponse(), threads, new MetadataCache("c", TimeProvider.System),
            new TopicConfigs(null!, null!), () => 5);
        await broker.Send(new LeaderAndIsrRequest(), CancellationToken.None);
        threads.Dispose();
        await Should.ThrowAsync<BrokerUnreachableException>(() => broker.Send(new LeaderAndIsrRequest(), CancellationToken.None).AsTask());
        await Should.ThrowAsync<BrokerUnreachableException>(() => broker.Send(new StopReplicaRequest(), CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Only_an_update_that_is_accepted_makes_a_topics_settings_forgotten()
    {
        using IBlockingWork threads = PoolScheduler.Instance.CreateThreads(maxThreads: 1);
        List<string> changed = [];
        TopicConfigs configs = new(null!, null!);
        configs.Subscribe((topic, _) => changed.Add(topic));
        LocalBroker broker = new(
            _ => new LeaderAndIsrResponse(), _ => new StopReplicaResponse(), threads, new MetadataCache("c", TimeProvider.System), configs, () => 5);
        async Task<short> Update(int controllerEpoch) => (await broker.Send(
            new MetadataUpdate(new UpdateMetadataRequest
            {
                BrokerEpoch = 5, ControllerEpoch = controllerEpoch,
                TopicStates =
                [
                    new()
                    {
                        TopicName = "t", TopicId = Guid.NewGuid(), PartitionStates = [new() { TopicName = "t", Leader = LeaderAndIsr.LeaderDuringDelete }],
                    },
                ],
            }), CancellationToken.None)).ErrorCode;

        (await Update(2)).ShouldBe((short)0);
        changed.ShouldBe(["t"]);
        (await Update(1)).ShouldBe((short)Protocol.ErrorCode.StaleControllerEpoch);
        changed.ShouldBe(["t"]);
    }
}
