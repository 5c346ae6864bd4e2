namespace Game.HdfsSink.Commits;

/// <summary>
/// If the sink wrote more of this partition, HDFS might lose a record or hold it twice: an operator must decide. The message is one sentence.
/// </summary>
internal sealed class SinkRefusedException(string message) : Exception(message);

/// <summary>Files in the warehouse are missing; the next session, which starts from the manifests, may succeed. The message is one sentence.</summary>
internal sealed class WarehouseException(string message) : Exception(message);
