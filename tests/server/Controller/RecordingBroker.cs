using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;

namespace Broker.Server.Tests.Controller;

/// <summary>How a broker fails to answer.</summary>
public enum Fault
{
    /// <summary>It answers.</summary>
    None,

    /// <summary>It receives the request and does nothing until it recovers.</summary>
    Hangs,

    /// <summary>It handles the request and answers only after it recovers.</summary>
    AnswersLate,

    /// <summary>It handles the request, and its answer is lost.</summary>
    LosesAnswers,

    /// <summary>The request does not reach it.</summary>
    Refuses,
}

/// <summary>A broker that only writes down what its controller sends it, and can fail to answer in every way.</summary>
internal sealed class RecordingBroker(string clusterId) : IBrokerChannel
{
    private readonly Lock _gate = new();
    private readonly List<string> _told = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _failing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Fault Fault { get; private set; }

    /// <summary>Completes when the controller has closed the channel.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Completes when a request has met the fault.</summary>
    public Task Failing => _failing.Task;

    /// <summary>The error of every answer.</summary>
    public ErrorCode Answer { get; set; }

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

    public void Fail(Fault fault)
    {
        lock (_gate)
        {
            Fault = fault;
            _recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _failing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Recover()
    {
        Fault = Fault.None;
        _recovered.TrySetResult();
    }

    /// <summary>The process ends: requests in flight get no answer, and later ones do not arrive.</summary>
    public void Die()
    {
        Fault = Fault.Refuses;
        _recovered.TrySetException(Unreachable());
    }

    public ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request, CancellationToken cancellation) => Deliver(() => Handle(request), cancellation);

    public ValueTask<UpdateMetadataResponse> Send(MetadataUpdate update, CancellationToken cancellation)
        => Deliver(() => Handle(update.Request), cancellation);

    public ValueTask<StopReplicaResponse> Send(StopReplicaRequest request, CancellationToken cancellation) => Deliver(() => Handle(request), cancellation);

    public ValueTask DisposeAsync()
    {
        _closed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private static BrokerUnreachableException Unreachable() => new("localhost", 9, "it is a test");

    private async ValueTask<T> Deliver<T>(Func<T> handle, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Fault fault = Fault;
        if (fault is Fault.None)
        {
            return handle();
        }
        _failing.TrySetResult();
        if (fault is Fault.Refuses)
        {
            throw Unreachable();
        }
        if (fault is Fault.Hangs)
        {
            await _recovered.Task.WaitAsync(cancellation);
        }
        T answer = handle();
        if (fault is Fault.AnswersLate)
        {
            await _recovered.Task.WaitAsync(cancellation);
        }
        return fault is Fault.LosesAnswers ? throw Unreachable() : answer;
    }

    private LeaderAndIsrResponse Handle(LeaderAndIsrRequest request)
    {
        List<(LeaderAndIsrRequest.LeaderAndIsrTopicState topic,
            LeaderAndIsrRequest.LeaderAndIsrPartitionState state)> partitions =
            request.TopicStates.SelectMany(topic => topic.PartitionStates.Select(state => (topic, state))).ToList();
        foreach ((LeaderAndIsrRequest.LeaderAndIsrTopicState topic, LeaderAndIsrRequest.LeaderAndIsrPartitionState state) in partitions)
        {
            Write($"lead {topic.TopicName}-{state.PartitionIndex} {state.Leader}@{state.LeaderEpoch} isr {string.Join(',', state.Isr)} of {string.Join(',', state.Replicas)}"
                + $" v{state.PartitionEpoch}{(state.IsNew ? " new" : "")}");
        }

        return new LeaderAndIsrResponse
        {
            ErrorCode = (short)Answer,
            Topics = [.. request.TopicStates.Select(topic => new LeaderAndIsrResponse.LeaderAndIsrTopicError
            {
                TopicId = topic.TopicId,
                PartitionErrors = [.. topic.PartitionStates.Select(state => new LeaderAndIsrResponse.LeaderAndIsrPartitionError
                {
                    PartitionIndex = state.PartitionIndex,
                    ErrorCode = (short)(OnBrokenFolder.Contains($"{topic.TopicName}-{state.PartitionIndex}") ? ErrorCode.KafkaStorageError : ErrorCode.None),
                })],
            })],
        };
    }

    private UpdateMetadataResponse Handle(UpdateMetadataRequest request)
    {
        IEnumerable<string> topics = request.TopicStates.SelectMany(topic => topic.PartitionStates.Select(state =>
            $"{topic.TopicName}-{state.PartitionIndex}={state.Leader}{(state.OfflineReplicas.Length > 0 ? $" without {string.Join(',', state.OfflineReplicas)}" : "")}"));
        Write($"metadata brokers {string.Join(',', request.LiveBrokers.Select(broker => broker.Id))} {string.Join(' ', topics)}".TrimEnd());
        return Metadata.Apply(request);
    }

    private StopReplicaResponse Handle(StopReplicaRequest request)
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

        return new StopReplicaResponse { ErrorCode = (short)Answer, PartitionErrors = [.. errors] };
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            _told.Add(line);
        }
    }
}
