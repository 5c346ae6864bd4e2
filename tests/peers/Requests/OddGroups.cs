using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>Groups and their offsets.</summary>
internal static class OddGroups
{
    public static IEnumerable<OddEnd> Rows => [.. Finding(), .. Listing(), .. Members(), .. Commits(), .. Fetches(), .. Deletions()];

    private static IEnumerable<OddEnd> Finding()
    {
        foreach (short version in new short[] { 1, 3 })
        {
            yield return Find(version, "the message of success", new FindCoordinatorRequest { Key = "g" });
            yield return Find(version, "an empty group", new FindCoordinatorRequest { Key = "" });
            yield return Find(version, "type 2", new FindCoordinatorRequest { Key = "g", KeyType = 2 });
            yield return Find(version, "type 9", new FindCoordinatorRequest { Key = "g", KeyType = 9 });
        }

        yield return Find(0, "an empty group", new FindCoordinatorRequest { Key = "" });
        foreach (short version in new short[] { 4, 5, 6 })
        {
            yield return Find(version, "the message of success", new FindCoordinatorRequest { CoordinatorKeys = ["g"] });
            yield return Find(version, "no key", new FindCoordinatorRequest { CoordinatorKeys = [] });
            yield return Find(version, "a key twice", new FindCoordinatorRequest { CoordinatorKeys = ["g", "g"] });
            yield return Find(version, "an empty group", new FindCoordinatorRequest { CoordinatorKeys = [""] });
            yield return Find(version, "type 2", new FindCoordinatorRequest { CoordinatorKeys = ["g:AAAAAAAAAAAAAAAAAAAAAQ:0"], KeyType = 2 });
            yield return Find(version, "type 2, not of its form", new FindCoordinatorRequest { CoordinatorKeys = ["g"], KeyType = 2 });
            yield return Find(version, "type 2, no key", new FindCoordinatorRequest { CoordinatorKeys = [], KeyType = 2 });
            yield return Find(version, "type 9", new FindCoordinatorRequest { CoordinatorKeys = ["g", "h"], KeyType = 9 });
        }
    }

    private static IEnumerable<OddEnd> Listing() =>
    [
        List(5, "filters of nothing", new ListGroupsRequest { StatesFilter = [], TypesFilter = [] }),
        List(5, "an unknown state", new ListGroupsRequest { StatesFilter = ["nonsense"] }),
        List(5, "an empty state", new ListGroupsRequest { StatesFilter = [""] }),
        List(5, "a state in other letters", new ListGroupsRequest { StatesFilter = ["eMPTY"] }),
        List(5, "an unknown type", new ListGroupsRequest { TypesFilter = ["nonsense"] }),
        List(5, "an empty type", new ListGroupsRequest { TypesFilter = [""] }),
        List(5, "another type", new ListGroupsRequest { TypesFilter = ["consumer"] }),
        List(5, "a type in other letters, twice", new ListGroupsRequest { TypesFilter = ["Classic", "CLASSIC"] }),
        List(4, "an unknown state", new ListGroupsRequest { StatesFilter = ["nonsense"] }),
        List(0, "no filters", new ListGroupsRequest()),
        Describe("no group"),
        Describe("a group twice", "g", "g"),
        Describe("an empty group", ""),
        Describe("an unknown group", "odd-none"),
        OddEnd.Of<DescribeGroupsRequest, DescribeGroupsResponse>("the rights to an unknown group",
            new DescribeGroupsRequest { Groups = ["odd-none", "g", ""], IncludeAuthorizedOperations = true }),
    ];

    private static IEnumerable<OddEnd> Members() =>
    [
        OddEnd.Of<HeartbeatRequest, HeartbeatResponse>("an empty group", new HeartbeatRequest { GroupId = "", MemberId = "m" }),
        OddEnd.Of<HeartbeatRequest, HeartbeatResponse>("an empty member", new HeartbeatRequest { GroupId = "g", MemberId = "" }),
        OddEnd.Of<HeartbeatRequest, HeartbeatResponse>("an unknown group", new HeartbeatRequest { GroupId = "odd-none", MemberId = "m" }),
        OddEnd.Of<SyncGroupRequest, SyncGroupResponse>("an empty group",
            new SyncGroupRequest { GroupId = "", MemberId = "m", ProtocolType = "consumer", ProtocolName = "range" }),
        OddEnd.Of<SyncGroupRequest, SyncGroupResponse>("no protocol",
            new SyncGroupRequest { GroupId = "g", MemberId = "m", ProtocolType = null, ProtocolName = null }),
        OddEnd.Of<SyncGroupRequest, SyncGroupResponse>("an unknown member",
            new SyncGroupRequest { GroupId = "g", MemberId = "m", ProtocolType = "consumer", ProtocolName = "range" }),
        OddEnd.Of<LeaveGroupRequest, LeaveGroupResponse>("no member", new LeaveGroupRequest { GroupId = "g", Members = [] }),
        OddEnd.Of<LeaveGroupRequest, LeaveGroupResponse>("a member twice",
            new LeaveGroupRequest { GroupId = "g", Members = [new() { MemberId = "m" }, new() { MemberId = "m" }] }),
        OddEnd.Of<LeaveGroupRequest, LeaveGroupResponse>("an empty group", new LeaveGroupRequest { GroupId = "", Members = [new() { MemberId = "m" }] }),
        OddEnd.Of<LeaveGroupRequest, LeaveGroupResponse>("an unknown static member",
            new LeaveGroupRequest { GroupId = "g", Members = [new() { MemberId = "", GroupInstanceId = "i" }] }),
        OddEnd.In<LeaveGroupRequest, LeaveGroupResponse>(2, "an unknown member", new LeaveGroupRequest { GroupId = "g", MemberId = "m" }),
        Join("an empty group", "", 6000, "consumer", "range"),
        Join("no protocol", "odd-join", 6000, "consumer"),
        Join("no type of protocol", "odd-join", 6000, "", "range"),
        Join("a session that is too short", "odd-join", 1, "consumer", "range"),
        Join("a session that is too long", "odd-join", int.MaxValue, "consumer", "range"),
        OddEnd.Of<JoinGroupRequest, JoinGroupResponse>("an unknown member", new JoinGroupRequest
        {
            GroupId = "odd-join", MemberId = "m", SessionTimeoutMs = 6000, RebalanceTimeoutMs = 6000, ProtocolType = "consumer",
                Protocols = [new() { Name = "range" }],
        }),
    ];

    private static IEnumerable<OddEnd> Commits() =>
    [
        Commit("no topic", "g"),
        Commit("a topic twice", "g", Committed("t", 0, 1), Committed("t", 1, 2)),
        Commit("a partition twice", "g", new OffsetCommitRequest.OffsetCommitRequestTopic { Name = "t", Partitions = [Offset(0, 1), Offset(0, 2)] }),
        Commit("a topic without partitions", "g", new OffsetCommitRequest.OffsetCommitRequestTopic { Name = "t" }),
        Commit("a topic that is not there", "g", Committed("odd-none", 0, 1), Committed("t", 0, 9)),
        Commit("a partition that is not there", "g", Committed("t", 7, 1)),
        Commit("a negative partition", "g", Committed("t", -1, 1)),
        Commit("a negative offset", "g", Committed("t", 1, -5)),
        Commit("an empty topic", "g", Committed("", 0, 1)),
        Commit("an empty group", "", Committed("t", 0, 1)),
        Commit("an empty group, no topic", ""),
        Commit("a note of nothing", "g",
            new OffsetCommitRequest.OffsetCommitRequestTopic
            {
                Name = "t", Partitions = [new() { PartitionIndex = 1, CommittedOffset = 3, CommittedMetadata = null }],
            }),
        Commit("a note that is too long", "g",
            new OffsetCommitRequest.OffsetCommitRequestTopic
            {
                Name = "t", Partitions = [new() { PartitionIndex = 1, CommittedOffset = 3, CommittedMetadata = new string('x', 5000) }],
            }),
        OddEnd.Of<OffsetCommitRequest, OffsetCommitResponse>("an unknown member",
            new OffsetCommitRequest { GroupId = "g", GenerationIdOrMemberEpoch = 1, MemberId = "m", Topics = [Committed("t", 0, 1)] }),
        OddEnd.Of<OffsetCommitRequest, OffsetCommitResponse>("a generation of an unknown group",
            new OffsetCommitRequest { GroupId = "odd-none", GenerationIdOrMemberEpoch = 1, MemberId = "m", Topics = [Committed("t", 0, 1)] }),
    ];

    private static IEnumerable<OddEnd> Fetches()
    {
        foreach (short version in new short[] { 8, 9 })
        {
            yield return Fetch(version, "null for all", new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = "g", Topics = null, MemberEpoch = -1 });
            yield return Fetch(version, "no topic", new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = "g", Topics = [], MemberEpoch = -1 });
            yield return Fetch(version, "an empty group", new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = "", Topics = null, MemberEpoch = -1 });
            yield return Fetch(version, "a group twice", Asked("t", 0), Asked("t", 1));
            yield return Fetch(version, "a partition twice", Asked("t", 0, 0));
            yield return Fetch(version, "a topic twice", new OffsetFetchRequest.OffsetFetchRequestGroup
            {
                GroupId = "g", MemberEpoch = -1, Topics = [new() { Name = "t", PartitionIndexes = [0] }, new() { Name = "t", PartitionIndexes = [1] }],
            });
            yield return Fetch(version, "a topic without partitions", Asked("t"));
            yield return Fetch(version, "what is not there", Asked("odd-none", 0, 7));
            yield return Fetch(version, "an unknown group",
                new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = "odd-none", Topics = null, MemberEpoch = -1 });
        }

        foreach (short version in new short[] { 0, 1, 2, 5, 7 })
        {
            yield return FetchOne(version, "no topic", "g", []);
            yield return FetchOne(version, "a partition twice", "g", [new() { Name = "t", PartitionIndexes = [0, 0] }]);
            yield return FetchOne(version, "an empty group", "", [new() { Name = "t", PartitionIndexes = [0] }]);
            yield return FetchOne(version, "what is not there", "g",
                [new() { Name = "odd-none", PartitionIndexes = [0] }, new() { Name = "t", PartitionIndexes = [7] }]);
        }

        foreach (short version in new short[] { 2, 7 })
        {
            yield return FetchOne(version, "null for all", "g", null);
            yield return FetchOne(version, "null for all of an empty group", "", null);
        }
    }

    private static IEnumerable<OddEnd> Deletions() =>
    [
        Forget("no topic", "g"),
        Forget("an unknown group", "odd-none", ("t", [0])),
        Forget("an empty group", "", ("t", [0])),
        Forget("a partition twice", "g", ("t", [1, 1])),
        Forget("a topic twice", "g", ("t", [1]), ("t", [1])),
        Forget("a topic without partitions", "g", ("t", [])),
        Forget("what is not there", "g", ("odd-none", [0]), ("t", [7])),
        Delete("no group"),
        Delete("an unknown group, twice", "odd-none", "odd-none"),
        Delete("an empty group", ""),
    ];

    private static OddEnd Find(short version, string name, FindCoordinatorRequest request)
        => OddEnd.In<FindCoordinatorRequest, FindCoordinatorResponse>(version, name, request);

    private static OddEnd List(short version, string name, ListGroupsRequest request)
        => OddEnd.In<ListGroupsRequest, ListGroupsResponse>(version, name, request);

    private static OddEnd Describe(string name, params string[] groups)
        => OddEnd.Of<DescribeGroupsRequest, DescribeGroupsResponse>(name, new DescribeGroupsRequest { Groups = groups });

    private static OddEnd Join(string name, string group, int sessionMs, string type, params string[] protocols)
        => OddEnd.Of<JoinGroupRequest, JoinGroupResponse>(name, new JoinGroupRequest
        {
            GroupId = group,
            SessionTimeoutMs = sessionMs,
            RebalanceTimeoutMs = 6000,
            ProtocolType = type,
            Protocols = [.. protocols.Select(protocol => new JoinGroupRequest.JoinGroupRequestProtocol { Name = protocol })],
        }, "MemberId");

    private static OffsetCommitRequest.OffsetCommitRequestPartition Offset(int partition, long offset)
        => new() { PartitionIndex = partition, CommittedOffset = offset, CommittedMetadata = "" };

    private static OffsetCommitRequest.OffsetCommitRequestTopic Committed(string topic, int partition, long offset)
        => new() { Name = topic, Partitions = [Offset(partition, offset)] };

    private static OddEnd Commit(string name, string group, params OffsetCommitRequest.OffsetCommitRequestTopic[] topics) =>
        OddEnd.Of<OffsetCommitRequest, OffsetCommitResponse>(name,
        new OffsetCommitRequest { GroupId = group, GenerationIdOrMemberEpoch = -1, Topics = topics });

    private static OffsetFetchRequest.OffsetFetchRequestGroup Asked(string topic, params int[] partitions) =>
        new() { GroupId = "g", MemberEpoch = -1, Topics = [new() { Name = topic, PartitionIndexes = partitions }] };

    private static OddEnd Fetch(short version, string name, params OffsetFetchRequest.OffsetFetchRequestGroup[] groups) =>
        OddEnd.In<OffsetFetchRequest, OffsetFetchResponse>(version, name, new OffsetFetchRequest { Groups = groups });

    private static OddEnd FetchOne(short version, string name, string group, OffsetFetchRequest.OffsetFetchRequestTopic[]? topics) =>
        OddEnd.In<OffsetFetchRequest, OffsetFetchResponse>(version, name, new OffsetFetchRequest { GroupId = group, Topics = topics });

    private static OddEnd Forget(string name, string group, params (string Topic, int[] Partitions)[] topics)
        => OddEnd.Of<OffsetDeleteRequest, OffsetDeleteResponse>(name, new OffsetDeleteRequest
        {
            GroupId = group,
            Topics = [.. topics.Select(t => new OffsetDeleteRequest.OffsetDeleteRequestTopic
        {
            Name = t.Topic, Partitions = [.. t.Partitions.Select(p => new OffsetDeleteRequest.OffsetDeleteRequestPartition { PartitionIndex = p })],
        })],
        });

    private static OddEnd Delete(string name, params string[] groups)
        => OddEnd.Of<DeleteGroupsRequest, DeleteGroupsResponse>(name, new DeleteGroupsRequest { GroupsNames = groups });
}
