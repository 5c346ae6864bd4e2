using System.Threading.Channels;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Replication;

/// <summary>Sends AlterPartition to the controller, wherever that is.</summary>
/// <exception cref="OperationCanceledException">The broker stops.</exception>
internal delegate ValueTask<AlterPartitionResponse> SendAlterPartition(AlterPartitionRequest request, short version, CancellationToken cancellation);

/// <summary>
/// Brings the leaders' proposals to the controller: one request at a time, with all proposals that have come meanwhile. A proposal is sent until the
/// controller has decided about it.
/// </summary>
internal sealed class IsrProposals : IIsrProposals, IAsyncDisposable
{
    /// <summary>Kafka's pause before a request that the controller could not decide is sent again.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    // One pending wake-up is enough: the loop then sends all proposals.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, (Partition Partition, IsrProposal Proposal)> _waiting = [];
    private readonly int _brokerId;
    private readonly Func<long> _brokerEpoch;
    private readonly InterBrokerVersions _versions;
    private readonly SendAlterPartition _send;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _loop;

    /// <param name="brokerId">This broker.</param>
    /// <param name="brokerEpoch">Its present registration.</param>
    /// <param name="versions">The version of AlterPartition.</param>
    /// <param name="send">Sends to the controller.</param>
    /// <param name="scheduler">Runs the loop.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Of the area.</param>
    public IsrProposals(
        int brokerId, Func<long> brokerEpoch, InterBrokerVersions versions, SendAlterPartition send, IScheduler scheduler, TimeProvider time, ILogger log)
    {
        _brokerId = brokerId;
        _brokerEpoch = brokerEpoch;
        _versions = versions;
        _send = send;
        _time = time;
        _log = log;
        _loop = scheduler.Run(Run);
    }

    public void Propose(Partition partition, IsrProposal proposal)
    {
        lock (_gate)
        {
            // A newer proposal of the partition is of a newer epoch: the older one is void.
            _waiting[proposal.Name] = (partition, proposal);
        }

        _wake.Writer.TryWrite(true);
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.CancelHere();
        await _loop;
        _stopping.Dispose();
    }

    private async Task Run()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _wake.Reader.ReadAsync(_stopping.Token);
                await SendWaiting();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task SendWaiting()
    {
        while (Take() is { Count: > 0 } proposals)
        {
            // What has no answer, or none that decides it, is sent again: a partition has one proposal in flight at most.
            if (PutBack(await Undecided(proposals)))
            {
                await Task.Delay(RetryPause, _time, _stopping.Token);
            }
        }
    }

    /// <summary>Sends proposals and applies the controller's answers; returns those that it has not decided.</summary>
    private async Task<IReadOnlyCollection<(Partition Partition, IsrProposal Proposal)>> Undecided(List<(Partition Partition, IsrProposal Proposal)> proposals)
    {
        try
        {
            bool haveIds = proposals.TrueForAll(proposal => proposal.Proposal.TopicId != Guid.Empty);
            short version = _versions.AlterPartition(haveIds);
            AlterPartitionResponse response = await _send(RequestOf(proposals, version), version, _stopping.Token);
            if ((ErrorCode)response.ErrorCode is var error and not ErrorCode.None)
            {
                ReplicationLog.ProposalsRefused(_log, proposals.Count, error);
            }

            return [.. proposals.Where(proposal => !TryAnswer(proposal.Partition, proposal.Proposal, response))];
        }
#pragma warning disable CA1031 // The top of the loop: after any failure the proposals must still be sent.
        catch (Exception failure) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            ReplicationLog.ProposalsFailed(_log, failure);
            return proposals;
        }
    }

    private static bool TryAnswer(Partition partition, IsrProposal proposal, AlterPartitionResponse response)
    {
        if (response.ErrorCode != 0 || AnswerTo(proposal, response) is not { } answer)
        {
            return false;
        }

        ErrorCode error = (ErrorCode)answer.ErrorCode;
        bool isDecided = error is ErrorCode.None or ErrorCode.OperationNotAttempted or ErrorCode.IneligibleReplica or ErrorCode.UnknownTopicOrPartition
            or ErrorCode.UnknownTopicId or ErrorCode.FencedLeaderEpoch or ErrorCode.InvalidUpdateVersion or ErrorCode.InvalidRequest
            or ErrorCode.NewLeaderElected;
        if (isDecided)
        {
            partition.ProposalAnswered(proposal, new IsrAnswer(error, answer.LeaderEpoch, answer.PartitionEpoch, [.. answer.Isr]));
        }

        return isDecided;
    }

    private static AlterPartitionResponse.AlterPartitionPartition? AnswerTo(IsrProposal proposal, AlterPartitionResponse response) =>
        response.Topics.Where(topic => topic.TopicId == Guid.Empty ? topic.TopicName == proposal.Name.Topic : topic.TopicId == proposal.TopicId)
            .SelectMany(topic => topic.Partitions).FirstOrDefault(partition => partition.PartitionIndex == proposal.Name.Partition);

    private AlterPartitionRequest RequestOf(List<(Partition Partition, IsrProposal Proposal)> proposals, short version) => new()
    {
        BrokerId = _brokerId,
        BrokerEpoch = _brokerEpoch(),
        Topics = [.. proposals.Select(entry => entry.Proposal).GroupBy(proposal => (proposal.Name.Topic, proposal.TopicId)).Select(topic =>
            new AlterPartitionRequest.AlterPartitionTopic
            {
                TopicName = topic.Key.Topic,
                TopicId = topic.Key.TopicId,
                Partitions = [.. topic.Select(proposal => ToRequest(proposal, version))],
            })],
    };

    private AlterPartitionRequest.AlterPartitionPartition ToRequest(IsrProposal proposal, short version)
    {
        const short FirstWithEpochs = 3;
        return new AlterPartitionRequest.AlterPartitionPartition
        {
            PartitionIndex = proposal.Name.Partition,
            LeaderEpoch = proposal.LeaderEpoch,
            PartitionEpoch = proposal.PartitionEpoch,
            NewIsr = version >= FirstWithEpochs ? [] : [.. proposal.Members.Select(member => member.BrokerId)],
            NewIsrWithEpochs = version < FirstWithEpochs ? [] : [.. proposal.Members.Select(member => new AlterPartitionRequest.AlterPartitionBroker
            {
                BrokerId = member.BrokerId,
                BrokerEpoch = member.BrokerId == _brokerId ? _brokerEpoch() : member.BrokerEpoch,
            })],
        };
    }

    private List<(Partition Partition, IsrProposal Proposal)> Take()
    {
        lock (_gate)
        {
            List<(Partition Partition, IsrProposal Proposal)> all = [.. _waiting.Values];
            _waiting.Clear();
            return all;
        }
    }

    private bool PutBack(IReadOnlyCollection<(Partition Partition, IsrProposal Proposal)> proposals)
    {
        lock (_gate)
        {
            foreach ((Partition partition, IsrProposal proposal) in proposals)
            {
                _waiting.TryAdd(proposal.Name, (partition, proposal));
            }
        }

        return proposals.Count > 0;
    }
}
