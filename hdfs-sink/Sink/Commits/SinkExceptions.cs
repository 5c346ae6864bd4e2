namespace Game.HdfsSink.Commits;

/// <summary>Writing this partition any further would break the promise that HDFS holds every record once; an operator has to decide. The message is one
/// sentence.</summary>
internal sealed class SinkRefusedException(string message) : Exception(message);

/// <summary>Files in the warehouse are missing; the next session, which starts from the manifests, may succeed. The message is one sentence.</summary>
internal sealed class WarehouseException(string message) : Exception(message);
