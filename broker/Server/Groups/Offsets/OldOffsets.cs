using System.Globalization;
using System.Text;
using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Groups.Offsets;

/// <summary>
/// Offsets as the consumers of Kafka 0.8 kept them, in znodes: <c>/consumers/GROUP/offsets/TOPIC/PARTITION</c> with the offset as text. Versions 0 of
/// OffsetCommit and OffsetFetch go here, and only they. Any thread.
/// </summary>
internal sealed class OldOffsets(ZnodeClient znodes, int maxGroups)
{
    private const string Root = "/consumers";

    /// <summary>Keeps an offset; an error says why it is not kept: of a group more than there may be, COORDINATOR_NOT_AVAILABLE.</summary>
    public async ValueTask<ErrorCode> Commit(string groupId, TopicPartition partition, long offset)
    {
        // A name with a slash would lie inside another group's znode and would not be counted.
        if (groupId.Contains('/'))
        {
            return ErrorCode.InvalidGroupId;
        }
        byte[] data = Encoding.UTF8.GetBytes(offset.ToString(CultureInfo.InvariantCulture));
        try
        {
            string path = PathOf(groupId, partition);
            StatResult set = await znodes.Session.SetData(path, data);
            ZnodeClient.Expect(set.Code, path, Code.NoNode);
            if (set.Code == Code.Ok)
            {
                return ErrorCode.None;
            }
            if (await IsOneTooMany(groupId))
            {
                return ErrorCode.CoordinatorNotAvailable;
            }
            await Create(groupId, partition, data);
            return ErrorCode.None;
        }
        catch (CoordinationLostException)
        {
            return ErrorCode.UnknownServerError;
        }
    }

    /// <summary>The offset kept; none is UNKNOWN_TOPIC_OR_PARTITION, as Kafka 0.8 has it.</summary>
    public async ValueTask<(ErrorCode Error, long Offset)> Fetch(string groupId, TopicPartition partition)
    {
        try
        {
            DataResult read = await znodes.Get(PathOf(groupId, partition));
            if (read.Code != Code.Ok || read.Data is null)
            {
                return (ErrorCode.UnknownTopicOrPartition, -1);
            }
            return long.TryParse(Encoding.UTF8.GetString(read.Data), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long offset)
                ? (ErrorCode.None, offset)
                : (ErrorCode.UnknownServerError, -1);
        }
        catch (CoordinationLostException)
        {
            return (ErrorCode.UnknownServerError, -1);
        }
    }

    private static string PathOf(string groupId, TopicPartition partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{Root}/{groupId}/offsets/{partition.Topic}/{partition.Partition}");

    private async ValueTask<bool> IsOneTooMany(string groupId) =>
        !await znodes.Exists($"{Root}/{groupId}") && (await znodes.Children(Root)).Count >= maxGroups;

    private async ValueTask Create(string groupId, TopicPartition partition, byte[] data)
    {
        string path = PathOf(groupId, partition);
        string[] parents = [Root, $"{Root}/{groupId}", $"{Root}/{groupId}/offsets", $"{Root}/{groupId}/offsets/{partition.Topic}"];
        foreach (string parent in parents)
        {
            ZnodeClient.Expect((await znodes.Session.Create(parent, data: null)).Code, parent, Code.NodeExists);
        }
        CreateResult created = await znodes.Session.Create(path, data);
        ZnodeClient.Expect(created.Code, path, Code.NodeExists);
        if (created.Code == Code.NodeExists)
        {
            ZnodeClient.Expect((await znodes.Session.SetData(path, data)).Code, path);
        }
    }
}
