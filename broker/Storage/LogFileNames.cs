using System.Globalization;

namespace Broker.Storage;

/// <summary>The names of a partition's files and of a log directory's, as Kafka writes them.</summary>
internal static class LogFileNames
{
    public const string Log = ".log";
    public const string OffsetIndex = ".index";
    public const string TimeIndex = ".timeindex";
    public const string TransactionIndex = ".txnindex";
    public const string ProducerSnapshot = ".snapshot";
    public const string Deleted = ".deleted";
    public const string Cleaned = ".cleaned";
    public const string Swap = ".swap";
    public const string LeaderEpochs = "leader-epoch-checkpoint";
    public const string PartitionMetadata = "partition.metadata";
    public const string RecoveryPoints = "recovery-point-offset-checkpoint";
    public const string LogStartOffsets = "log-start-offset-checkpoint";
    public const string HighWatermarks = "replication-offset-checkpoint";
    public const string CleanerOffsets = "cleaner-offset-checkpoint";
    public const string MetaProperties = "meta.properties";
    public const string CleanShutdown = ".kafka_cleanshutdown";
    public const string Lock = ".lock";
    public const string DeletedFolder = "-delete";
    public const string FutureFolder = "-future";
    public const string StrayFolder = "-stray";

    /// <summary>Longest name of a file on the file systems of Linux.</summary>
    private const int LongestName = 255;

    /// <summary>Twenty digits and a suffix.</summary>
    public static string Of(long baseOffset, string suffix) => string.Create(CultureInfo.InvariantCulture, $"{baseOffset:D20}{suffix}");

    /// <summary>The offset in a name of the given suffix; false where it is not of that form.</summary>
    public static bool TryParse(string name, string suffix, out long offset)
    {
        offset = 0;
        return name.EndsWith(suffix, StringComparison.Ordinal)
            && name.Length > suffix.Length
            && long.TryParse(name.AsSpan(0, name.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }

    /// <summary>The name under which a partition's folder waits for its deletion; the topic is cut where the whole would be too long.</summary>
    public static string ForDeletion(TopicPartition partition, Guid unique)
    {
        string suffix = $".{unique:N}{DeletedFolder}";
        string name = partition.ToString();
        return name[..Math.Min(name.Length, LongestName - suffix.Length)] + suffix;
    }
}
