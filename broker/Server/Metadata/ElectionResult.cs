using Broker.Protocol;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Metadata;

/// <summary>What became of one partition's election that was asked for.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Error">Why no leader was elected, or None.</param>
/// <param name="Leader">The leader that was elected; -1 where none was.</param>
internal readonly record struct ElectionResult(TopicPartition Partition, ErrorCode Error, int Leader = LeaderAndIsr.NoLeader);
