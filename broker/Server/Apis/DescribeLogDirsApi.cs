using Broker.Protocol.Messages;
using Broker.Protocol;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Broker.Storage;

namespace Broker.Server.Apis;

// DescribeLogDirs, versions 0 to 4.
// 0: each log directory with the requested partitions (null requests all), their sizes, and how far each log end lies behind the high watermark. 1: as 0.
// 2: flexible. 3: an error for the whole response. 4: the volume's total and free bytes; -1 where the logs are in memory.
// The response leaves out requested partitions that have no log here. Does not depart from Kafka.

/// <summary>Lists the partitions of each log directory.</summary>
internal sealed class DescribeLogDirsApi(DataServices services, LogDirectories directories) : Api<DescribeLogDirsRequest, DescribeLogDirsResponse>
{
    /// <summary>The lag of a log whose partition this broker does not serve.</summary>
    private const long UnknownLag = -1;

    protected override async ValueTask<DescribeLogDirsResponse?> Handle(DescribeLogDirsRequest request, RequestContext context)
    {
        if (!services.Authorizer.Allows(context, AclOperation.Describe, ResourceType.Cluster, AuthorizedOperations.ClusterName))
        {
            return new DescribeLogDirsResponse { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)ErrorCode.ClusterAuthorizationFailed };
        }

        HashSet<TopicPartition>? wanted = request.Topics?
            .SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition)))
            .ToHashSet();
        // Reading the size of a volume may block on its disk.
        DescribeLogDirsResponse.DescribeLogDirsResult[] results =
            await directories.Directories.Select(directory => services.Cold.Of(directory.Path).Run(() => Describe(directory, wanted))).AllHere();
        return new DescribeLogDirsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Results = results };
    }

    private DescribeLogDirsResponse.DescribeLogDirsResult Describe(LogDirectory directory, HashSet<TopicPartition>? wanted)
    {
        if (directory.IsOffline)
        {
            return Failed(directory);
        }

        try
        {
            VolumeSpace space = directory.Space();
            return new DescribeLogDirsResponse.DescribeLogDirsResult
            {
                LogDir = directory.Path,
                Topics = [.. directory.Logs
                    .Where(log => wanted is null || wanted.Contains(log.Partition))
                    .GroupBy(log => log.Partition.Topic, StringComparer.Ordinal)
                    .Select(ToTopic)],
                TotalBytes = space.TotalBytes,
                UsableBytes = space.UsableBytes,
            };
        }
        catch (IOException failure)
        {
            DataLog.VolumeFailed(services.Logger, directory.Path, failure);
            return Failed(directory);
        }
    }

    private static DescribeLogDirsResponse.DescribeLogDirsResult Failed(LogDirectory directory)
        => new() { LogDir = directory.Path, ErrorCode = (short)ErrorCode.KafkaStorageError };

    private DescribeLogDirsResponse.DescribeLogDirsTopic ToTopic(IGrouping<string, PartitionLog> logs) => new()
    {
        Name = logs.Key,
        Partitions = [.. logs.Select(log => new DescribeLogDirsResponse.DescribeLogDirsPartition
        {
            PartitionIndex = log.Partition.Partition,
            PartitionSize = log.SizeInBytes,
            OffsetLag = services.Partitions.Find(log.Partition.Topic, log.Partition.Partition)?.Log is null ? UnknownLag
                : Math.Max(log.HighWatermark - log.LogEndOffset, 0),
        })],
    };
}
