using System.Text.Json.Serialization;

namespace Game.WebHdfs;

/// <summary>What HDFS says of one file or folder. Times are epoch milliseconds by the NameNode's clock, lengths are bytes.</summary>
/// <param name="PathSuffix">The name within the listed folder; empty where the path itself was asked for.</param>
/// <param name="Type">"FILE", "DIRECTORY" or "SYMLINK".</param>
/// <param name="Length">0 for a folder, and for a file that is being written.</param>
public sealed record FileStatus(
    [property: JsonPropertyName("pathSuffix")] string PathSuffix,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("length")] long Length,
    [property: JsonPropertyName("modificationTime")] long ModificationTime,
    [property: JsonPropertyName("accessTime")] long AccessTime = 0,
    [property: JsonPropertyName("owner")] string Owner = "",
    [property: JsonPropertyName("group")] string Group = "",
    [property: JsonPropertyName("permission")] string Permission = "",
    [property: JsonPropertyName("replication")] int Replication = 0,
    [property: JsonPropertyName("blockSize")] long BlockSize = 0)
{
    /// <summary>A folder.</summary>
    [JsonIgnore]
    public bool IsDirectory => string.Equals(Type, "DIRECTORY", StringComparison.Ordinal);
}

/// <summary>Some of a folder's children, in the order of their names' bytes.</summary>
/// <param name="Entries">The entries of this page.</param>
/// <param name="Remaining">How many follow.</param>
public sealed record ListingPage(IReadOnlyList<FileStatus> Entries, long Remaining);

/// <summary>What lies under a path; the path itself counts too when it is a folder.</summary>
public sealed record ContentSummary(
    [property: JsonPropertyName("directoryCount")] long DirectoryCount,
    [property: JsonPropertyName("fileCount")] long FileCount,
    [property: JsonPropertyName("length")] long Length);

/// <summary>How a rename ended.</summary>
public enum RenameOutcome
{
    /// <summary>HDFS said that this very call moved it.</summary>
    Renamed,

    /// <summary>The source is gone and the destination is there: an earlier try of this rename succeeded, or somebody else made the same rename.</summary>
    AlreadyRenamed,

    /// <summary>Both are there: the name was taken before, and nothing was moved, nor will be while it stays.</summary>
    DestinationExists,

    /// <summary>The source is there and the destination is not: its parent folder is missing, or the rename makes no sense (into itself).</summary>
    Refused,

    /// <summary>Neither is there.</summary>
    SourceMissing,
}
