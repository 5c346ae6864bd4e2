using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>Records and their positions: Produce, ListOffsets, OffsetForLeaderEpoch, DescribeLogDirs.</summary>
internal static class OddPartitions
{
    public static IEnumerable<OddEnd> Rows => [.. Offsets(), .. Epochs(), .. Folders()];

    private static IEnumerable<OddEnd> Offsets() =>
    [
        Offsets(9, "no topic"),
        Offsets(9, "a partition twice", Asked("t", (0, -1), (0, -2))),
        Offsets(9, "a topic twice", Asked("t", (0, -1)), Asked("t", (1, -1))),
        Offsets(9, "a partition in two topics of a name", Asked("t", (0, -1)), Asked("t", (0, -1))),
        Offsets(9, "a topic without partitions", Asked("t")),
        Offsets(9, "what is not there", Asked("odd-none", (0, -1)), Asked("t", (7, -1))),
        Offsets(9, "a negative partition", Asked("t", (-1, -1))),
        Offsets(9, "an unknown time", Asked("t", (0, -6))),
        Offsets(9, "times of every kind on an empty log", Asked("t", (0, -3), (1, 0))),
        Offsets(7, "a time of a later version", Asked("t", (0, -4))),
        Offsets(1, "a time of a later version", Asked("t", (0, -3))),
        Offsets(1, "a partition twice", Asked("t", (0, -1), (0, -1))),
    ];

    private static IEnumerable<OddEnd> Epochs() =>
    [
        Epochs(4, "no topic"),
        Epochs(4, "a partition twice", Epoch("t", (0, 0), (0, 0))),
        Epochs(4, "a topic without partitions", Epoch("t")),
        Epochs(4, "what is not there", Epoch("odd-none", (0, 0)), Epoch("t", (7, 0))),
        Epochs(4, "an epoch to come", Epoch("t", (0, 99))),
        Epochs(4, "a negative epoch", Epoch("t", (0, -1))),
    ];

    private static IEnumerable<OddEnd> Folders() =>
    [
        .. Enumerable.Range(0, 5)
            .Select(version => OddEnd.Part<DescribeLogDirsRequest, DescribeLogDirsResponse>((short)version, "null for all",
                new DescribeLogDirsRequest { Topics = null }, KeepTopicT)),
        .. OddEnd.InAll<DescribeLogDirsRequest, DescribeLogDirsResponse>("no topic", new DescribeLogDirsRequest { Topics = [] }),
        Folders("one partition", ("t", [1])),
        Folders("a partition twice", ("t", [1, 1])),
        Folders("a topic twice", ("t", [1]), ("t", [0])),
        Folders("a topic without partitions", ("t", [])),
        Folders("what is not there", ("odd-none", [0]), ("t", [7])),
    ];

    private static void KeepTopicT(DescribeLogDirsResponse answer)
        => answer.Results[0].Topics = [.. answer.Results[0].Topics.Where(topic => topic.Name == "t")];

    private static ListOffsetsRequest.ListOffsetsTopic Asked(string topic, params (int Partition, long Time)[] partitions) => new()
    {
        Name = topic,
        Partitions = [.. partitions.Select(p => new ListOffsetsRequest.ListOffsetsPartition
            {
                PartitionIndex = p.Partition, Timestamp = p.Time, CurrentLeaderEpoch = -1,
            })],
    };

    private static OddEnd Offsets(short version, string name, params ListOffsetsRequest.ListOffsetsTopic[] topics) =>
        OddEnd.In<ListOffsetsRequest, ListOffsetsResponse>(version, name, new ListOffsetsRequest { ReplicaId = -1, Topics = topics });

    private static OffsetForLeaderEpochRequest.OffsetForLeaderTopic Epoch(string topic, params (int Partition, int Epoch)[] partitions) => new()
    {
        Topic = topic,
        Partitions = [.. partitions.Select(p => new OffsetForLeaderEpochRequest.OffsetForLeaderPartition
        {
            Partition = p.Partition, CurrentLeaderEpoch = -1, LeaderEpoch = p.Epoch,
        })],
    };

    private static OddEnd Epochs(short version, string name, params OffsetForLeaderEpochRequest.OffsetForLeaderTopic[] topics) =>
        OddEnd.In<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(version, name,
        new OffsetForLeaderEpochRequest { ReplicaId = -1, Topics = topics });

    private static OddEnd Folders(string name, params (string Topic, int[] Partitions)[] topics)
        => OddEnd.Of<DescribeLogDirsRequest, DescribeLogDirsResponse>(name, new DescribeLogDirsRequest
        {
            Topics = [.. topics.Select(t => new DescribeLogDirsRequest.DescribableLogDirTopic { Topic = t.Topic, Partitions = t.Partitions })],
        });
}
