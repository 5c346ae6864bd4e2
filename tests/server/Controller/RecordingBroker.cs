using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Controller;
using Broker.Server.Metadata;

namespace Broker.Server.Tests.Controller;

/// <summary>A broker that only writes down what its controller tells it.</summary>
internal sealed class RecordingBroker(string clusterId) : IBrokerChannel
{
    private readonly Lock _gate = new();
    private readonly List<string> _told = [];

    public MetadataCache Metadata { get; } = new(clusterId, TimeProvider.System);

    public HashSet<string> CannotDelete { get; } = [];

    public HashSet<string> OnBrokenFolder { get; } = [];

    /// <summary>What was told since the last call, one line each.</summary>
    public IReadOnlyList<string> Told()
    {
        lock (_gate)
        {
            string[] told = _told.ToArray();
            _told.Clear();
            return told;
        }
    }

    public ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request, CancellationToken cancellation)
    {
        List<(LeaderAndIsrRequest.LeaderAndIsrTopicState topic,
            LeaderAndIsrRequest.LeaderAndIsrPartitionState state)> partitions =
            request.TopicStates.SelectMany(topic => topic.PartitionStates.Select(state => (topic, state))).ToList();
        foreach ((LeaderAndIsrRequest.LeaderAndIsrTopicState topic, LeaderAndIsrRequest.LeaderAndIsrPartitionState state) in partitions)
        {
            Write($"lead {topic.TopicName}-{state.PartitionIndex} {state.Leader}@{state.LeaderEpoch} isr {string.Join(',', state.Isr)} of {string.Join(',', state.Replicas)}"
                + $" v{state.PartitionEpoch}{(state.IsNew ? " new" : "")}");
        }

        return ValueTask.FromResult(new LeaderAndIsrResponse
        {
            Topics = [.. request.TopicStates.Select(topic => new LeaderAndIsrResponse.LeaderAndIsrTopicError
            {
                TopicId = topic.TopicId,
                PartitionErrors = [.. topic.PartitionStates.Select(state => new LeaderAndIsrResponse.LeaderAndIsrPartitionError
                {
                    PartitionIndex = state.PartitionIndex,
                    ErrorCode = (short)(OnBrokenFolder.Contains($"{topic.TopicName}-{state.PartitionIndex}") ? ErrorCode.KafkaStorageError : ErrorCode.None),
                })],
            })],
        });
    }

    public ValueTask<UpdateMetadataResponse> Send(UpdateMetadataRequest request, CancellationToken cancellation)
    {
        IEnumerable<string> topics = request.TopicStates.SelectMany(topic => topic.PartitionStates.Select(state =>
            $"{topic.TopicName}-{state.PartitionIndex}={state.Leader}{(state.OfflineReplicas.Length > 0 ? $" without {string.Join(',', state.OfflineReplicas)}" : "")}"));
        Write($"metadata brokers {string.Join(',', request.LiveBrokers.Select(broker => broker.Id))} {string.Join(' ', topics)}".TrimEnd());
        return ValueTask.FromResult(Metadata.Apply(request));
    }

    public ValueTask<StopReplicaResponse> Send(StopReplicaRequest request, CancellationToken cancellation)
    {
        List<StopReplicaResponse.StopReplicaPartitionError> errors = new();
        foreach (StopReplicaRequest.StopReplicaTopicState topic in request.TopicStates)
        {
            foreach (StopReplicaRequest.StopReplicaPartitionState state in topic.PartitionStates)
            {
                Write($"{(state.DeletePartition ? "delete" : "stop")} {topic.TopicName}-{state.PartitionIndex} @{state.LeaderEpoch}");
                if (CannotDelete.Contains(topic.TopicName) && state.DeletePartition)
                {
                    errors.Add(new() { TopicName = topic.TopicName, PartitionIndex = state.PartitionIndex, ErrorCode = (short)ErrorCode.KafkaStorageError });
                }
            }
        }

        return ValueTask.FromResult(new StopReplicaResponse { PartitionErrors = [.. errors] });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(string line)
    {
        lock (_gate)
        {
            _told.Add(line);
        }
    }
}
