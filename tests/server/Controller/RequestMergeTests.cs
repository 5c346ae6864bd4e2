using Broker.Protocol.Messages;
using Broker.Server.Controller;
using CsCheck;

namespace Broker.Server.Tests.Controller;

/// <summary>What waits for a broker, merged, against the same requests one after another.</summary>
public sealed class RequestMergeTests
{
    private static readonly Gen<(int Kind, int Topic, int Partition)> Steps = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1], Gen.Int[0, 2]);

    [Fact]
    public void A_broker_ends_in_the_same_state_and_sees_every_deletion() => Gen.Select(Steps.Array[1, 30], Gen.Int[0, 30]).Sample((steps, before) =>
    {
        Replay one = new();
        Replay other = new();
        List<BrokerRequests> sent = Requests(steps);
        sent.ForEach(one.Apply);
        sent.Take(before).ToList().ForEach(other.Apply);
        List<BrokerRequests> merged = RequestMerge.Of(sent.Skip(before));
        merged.Count.ShouldBeLessThanOrEqualTo(2);
        merged.ForEach(other.Apply);
        other.Replicas.ShouldBe(one.Replicas);
        other.Metadata.ShouldBe(one.Metadata);
        other.Forgotten.ShouldBe(one.Forgotten, ignoreOrder: true);
        other.Brokers.ShouldBe(one.Brokers);
        other.Overwritten.ShouldBeEmpty();
    });

    [Fact]
    public void Merging_as_they_are_added_is_the_same_as_merging_once() => Steps.Array[1, 30].Sample(steps =>
    {
        List<BrokerRequests> sent = Requests(steps);
        List<BrokerRequests> stepwise = [];
        foreach (BrokerRequests requests in sent)
        {
            stepwise = RequestMerge.Of([.. stepwise, requests]);
        }
        Replay one = new();
        Replay other = new();
        sent.ForEach(one.Apply);
        stepwise.ForEach(other.Apply);
        other.Replicas.ShouldBe(one.Replicas);
        other.Metadata.ShouldBe(one.Metadata);
    });

    [Fact]
    public void A_list_of_live_brokers_comes_before_the_leaders_that_follow_it()
    {
        BrokerRequests list = new(1, null, new MetadataUpdate(new UpdateMetadataRequest { LiveBrokers = [new() { Id = 5 }] }), null);
        List<BrokerRequests> merged = RequestMerge.Of([list, Lead("t", 0, Guid.Empty, epoch: 5, isNew: false)]);
        merged.Count.ShouldBe(2);
        merged[0].LeaderAndIsr.ShouldBeNull();
        merged[0].UpdateMetadata.ShouldNotBeNull().Request.LiveBrokers.ShouldHaveSingleItem().Id.ShouldBe(5);
        merged[1].LeaderAndIsr.ShouldNotBeNull();
        RequestMerge.Of([list, list]).ShouldHaveSingleItem();
    }

    [Fact]
    public void What_waits_is_bounded_by_the_partitions()
    {
        WaitingRequests waiting = new();
        int taken = 0;
        for (int i = 0; i < 100_000; i++)
        {
            waiting.Add(Lead("t", i % 10, Guid.Empty, epoch: i, isNew: false));
        }
        while (waiting.Take() is { } next)
        {
            taken += next.States;
        }
        taken.ShouldBe(20);
    }

    /// <summary>Leads, stops and deletes partitions of two topics; a topic that is led after it was deleted is a new one.</summary>
    private static List<BrokerRequests> Requests((int Kind, int Topic, int Partition)[] steps)
    {
        Guid[] ids = [new Guid(1, 0, 0, new byte[8]), new Guid(2, 0, 0, new byte[8])];
        bool[] isDeleted = new bool[2];
        List<BrokerRequests> sent = [];
        for (int i = 0; i < steps.Length; i++)
        {
            (int kind, int topic, int partition) = steps[i];
            if (isDeleted[topic] && kind < 2)
            {
                ids[topic] = new Guid(i + 3, 0, 0, new byte[8]);
                isDeleted[topic] = false;
            }
            isDeleted[topic] |= kind == 3;
            string name = $"t{topic}";
            sent.AddRange(kind switch
            {
                0 => [Lead(name, partition, ids[topic], i, isNew: false)],
                1 => [Lead(name, partition, ids[topic], i, isNew: true)],
                2 => [Stop(name, [partition], delete: false)],
                _ => [Forget(name, ids[topic]), Stop(name, [0, 1, 2], delete: true)],
            });
        }

        return sent;
    }

    private static BrokerRequests Lead(string topic, int partition, Guid id, int epoch, bool isNew) => new(
        1,
        new LeaderAndIsrRequest
        {
            TopicStates =
            [
                new() { TopicName = topic, TopicId = id, PartitionStates = [new() { PartitionIndex = partition, LeaderEpoch = epoch, IsNew = isNew }] },
            ],
        },
        Metadata(topic, id, [new() { PartitionIndex = partition, Leader = 1, LeaderEpoch = epoch }], epoch),
        null);

    private static BrokerRequests Forget(string topic, Guid id) => new(
        1, null, Metadata(topic, id, [.. Enumerable.Range(0, 3).Select(partition => new UpdateMetadataRequest.UpdateMetadataPartitionState
        {
            PartitionIndex = partition, Leader = -2,
        })], broker: 7), null);

    private static MetadataUpdate Metadata(string topic, Guid id, UpdateMetadataRequest.UpdateMetadataPartitionState[] states, int broker) =>
        new(new() { LiveBrokers = [new() { Id = broker }], TopicStates = [new() { TopicName = topic, TopicId = id, PartitionStates = states }] });

    private static BrokerRequests Stop(string topic, int[] partitions, bool delete) => new(1, null, null, new StopReplicaRequest
    {
        TopicStates = [new() { TopicName = topic, PartitionStates = [.. partitions.Select(partition => new StopReplicaRequest.StopReplicaPartitionState
        {
            PartitionIndex = partition, DeletePartition = delete,
        })] }],
    });

    /// <summary>A broker's state as far as these requests change it.</summary>
    private sealed class Replay
    {
        /// <summary>Epoch of each replica, and whether it has been stopped; a deleted one is missing.</summary>
        public SortedDictionary<string, string> Replicas { get; } = [];

        public SortedDictionary<string, string> Metadata { get; } = [];

        /// <summary>Topics of which the broker was asked to forget a partition that it knew: it deletes their consumers' offsets.</summary>
        public HashSet<string> Forgotten { get; } = [];

        public int[] Brokers { get; private set; } = [];

        /// <summary>Replicas of a deleted topic that a new topic found.</summary>
        public List<string> Overwritten { get; } = [];

        public void Apply(BrokerRequests requests)
        {
            foreach (LeaderAndIsrRequest.LeaderAndIsrTopicState topic in requests.LeaderAndIsr?.TopicStates ?? [])
            {
                foreach (LeaderAndIsrRequest.LeaderAndIsrPartitionState state in topic.PartitionStates)
                {
                    Lead($"{topic.TopicName}-{state.PartitionIndex}", topic.TopicId.ToString(), state.LeaderEpoch, state.IsNew);
                }
            }
            Apply(requests.UpdateMetadata?.Request);
            foreach (StopReplicaRequest.StopReplicaTopicState topic in requests.StopReplica?.TopicStates ?? [])
            {
                foreach (StopReplicaRequest.StopReplicaPartitionState state in topic.PartitionStates)
                {
                    Stop($"{topic.TopicName}-{state.PartitionIndex}", state.DeletePartition);
                }
            }
        }

        private void Apply(UpdateMetadataRequest? request)
        {
            Brokers = request is null ? Brokers : [.. request.LiveBrokers.Select(broker => broker.Id)];
            foreach (UpdateMetadataRequest.UpdateMetadataTopicState topic in request?.TopicStates ?? [])
            {
                foreach (UpdateMetadataRequest.UpdateMetadataPartitionState state in topic.PartitionStates)
                {
                    string key = $"{topic.TopicName}-{state.PartitionIndex}";
                    if (state.Leader == -2)
                    {
                        Metadata.Remove(key);
                        Forgotten.Add(topic.TopicName);
                    }
                    else
                    {
                        Metadata[key] = $"{topic.TopicId} {state.LeaderEpoch}";
                    }
                }
            }
        }

        private void Lead(string key, string id, int epoch, bool isNew)
        {
            string[] former = Replicas.GetValueOrDefault(key, id).Split(' ');
            if (former[0] != id)
            {
                Overwritten.Add(key);
            }
            Replicas[key] = $"{id} {epoch}{(isNew || former.Contains("new") ? " new" : "")}";
        }

        private void Stop(string key, bool delete)
        {
            if (delete)
            {
                Replicas.Remove(key);
            }
            else if (Replicas.TryGetValue(key, out string? state))
            {
                Replicas[key] = state.EndsWith(" stopped", StringComparison.Ordinal) ? state : state + " stopped";
            }
        }
    }
}
