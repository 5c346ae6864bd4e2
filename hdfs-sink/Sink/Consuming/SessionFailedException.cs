using Confluent.Kafka;

namespace Game.HdfsSink.Consuming;

/// <summary>A commit of one partition failed, which ends the session.</summary>
internal sealed class SessionFailedException(TopicPartition partition, Exception cause)
    : Exception($"{partition.Topic}-{partition.Partition.Value} could not be committed: {cause.Message}", cause);
