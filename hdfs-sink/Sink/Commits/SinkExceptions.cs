namespace Game.HdfsSink.Commits;

/// <summary>Going on with this partition would break the promise that every record is in HDFS once; a person has to decide. The message is one sentence.</summary>
internal sealed class SinkRefusedException(string message) : Exception(message);

/// <summary>The warehouse is not as it should be at the moment; starting again from the manifests may help. The message is one sentence.</summary>
internal sealed class WarehouseException(string message) : Exception(message);
