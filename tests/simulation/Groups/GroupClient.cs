using System.Globalization;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Simulation.Tests.Clients;
using Broker.Simulation.Tests.Cluster;

namespace Broker.Simulation.Tests.Groups;

/// <summary>The requests of a group's member, in the versions of present clients.</summary>
internal sealed class GroupClient(SimClient client, string group)
{
    private const string Protocol = "sim";
    private const int SessionTimeoutMs = 6_000;
    private const int RebalanceTimeoutMs = 8_000;
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(12);

    /// <summary>The coordinator, as any broker knows it; null where it knows none.</summary>
    public async Task<int?> FindCoordinator()
    {
        FindCoordinatorResponse response = await client.Ask<FindCoordinatorRequest, FindCoordinatorResponse>(
            client.AnyBroker(), new FindCoordinatorRequest { CoordinatorKeys = [group] }, 4);
        return response.Coordinators[0] is { ErrorCode: 0, NodeId: var id } ? id : null;
    }

    /// <summary>Joins the next generation. Other metadata than at the last time make the group rebalance.</summary>
    public Task<JoinGroupResponse> Join(int coordinator, string memberId, byte[] metadata) =>
        client.Ask<JoinGroupRequest, JoinGroupResponse>(coordinator, new JoinGroupRequest
        {
            GroupId = group, SessionTimeoutMs = SessionTimeoutMs, RebalanceTimeoutMs = RebalanceTimeoutMs, MemberId = memberId, ProtocolType = Protocol,
            Protocols = [new() { Name = Protocol, Metadata = metadata }],
        }, 9, JoinTimeout);

    /// <summary>Gets the assignment; the group's leader gives those of all.</summary>
    public Task<SyncGroupResponse> Sync(int coordinator, string memberId, int generation, SyncGroupRequest.SyncGroupRequestAssignment[] assignments) =>
        client.Ask<SyncGroupRequest, SyncGroupResponse>(coordinator, new SyncGroupRequest
        {
            GroupId = group, GenerationId = generation, MemberId = memberId, ProtocolType = Protocol, ProtocolName = Protocol, Assignments = assignments,
        }, 5, JoinTimeout);

    public async Task<ErrorCode> Heartbeat(int coordinator, string memberId, int generation)
    {
        HeartbeatResponse response = await client.Ask<HeartbeatRequest, HeartbeatResponse>(
            coordinator, new HeartbeatRequest { GroupId = group, GenerationId = generation, MemberId = memberId }, 4);
        return (ErrorCode)response.ErrorCode;
    }

    public Task Leave(int coordinator, string memberId) => client.Ask<LeaveGroupRequest, LeaveGroupResponse>(
        coordinator, new LeaveGroupRequest { GroupId = group, Members = [new() { MemberId = memberId, GroupInstanceId = null, Reason = null }] }, 5);

    public async Task<ErrorCode> Commit(int coordinator, string memberId, int partition, Commit commit)
    {
        OffsetCommitResponse response = await client.Ask<OffsetCommitRequest, OffsetCommitResponse>(coordinator, new OffsetCommitRequest
        {
            GroupId = group, GenerationIdOrMemberEpoch = commit.Generation, MemberId = memberId,
            Topics =
            [
                new()
                {
                    Name = History.Topic,
                    Partitions =
                    [
                        new() { PartitionIndex = partition, CommittedOffset = commit.Offset, CommittedMetadata = $"{commit.Generation}" },
                    ],
                },
            ],
        }, 8);
        return (ErrorCode)response.Topics[0].Partitions[0].ErrorCode;
    }

    /// <summary>What is committed for a partition: an error, or the commit, null for none.</summary>
    public async Task<(ErrorCode Error, Commit? Commit)> Committed(int coordinator, int partition)
    {
        OffsetFetchResponse response = await client.Ask<OffsetFetchRequest, OffsetFetchResponse>(coordinator, new OffsetFetchRequest
        {
            Groups = [new() { GroupId = group, Topics = [new() { Name = History.Topic, PartitionIndexes = [partition] }] }], RequireStable = true,
        }, 8);
        OffsetFetchResponse.OffsetFetchResponseGroup answer = response.Groups[0];
        if (answer.ErrorCode != 0)
        {
            return ((ErrorCode)answer.ErrorCode, null);
        }

        OffsetFetchResponse.OffsetFetchResponsePartitions found = answer.Topics[0].Partitions[0];
        return found.ErrorCode != 0 ? ((ErrorCode)found.ErrorCode, null)
            : (ErrorCode.None, found.CommittedOffset < 0 ? null : new Commit(int.Parse(found.Metadata!, CultureInfo.InvariantCulture), found.CommittedOffset));
    }
}
