using System.Text.Json.Serialization;

namespace Game.WebHdfs;

/// <summary>The status of one file or folder. Times are epoch milliseconds by the NameNode's clock, lengths are bytes.</summary>
/// <param name="PathSuffix">The name within the listed folder; empty in the status of the requested path itself.</param>
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
    /// <summary>Whether it is a folder.</summary>
    [JsonIgnore]
    public bool IsDirectory => string.Equals(Type, "DIRECTORY", StringComparison.Ordinal);
}

/// <summary>Some of a folder's children, in the order of their names' bytes.</summary>
/// <param name="Entries">The entries of this page.</param>
/// <param name="Remaining">How many entries follow this page.</param>
public sealed record ListingPage(IReadOnlyList<FileStatus> Entries, long Remaining);

/// <summary>How many folders, files and bytes lie under a path; a folder counts itself.</summary>
public sealed record ContentSummary(
    [property: JsonPropertyName("directoryCount")] long DirectoryCount,
    [property: JsonPropertyName("fileCount")] long FileCount,
    [property: JsonPropertyName("length")] long Length);

/// <summary>How a rename ended.</summary>
public enum RenameOutcome
{
    /// <summary>HDFS confirmed that this call renamed the file.</summary>
    Renamed,

    /// <summary>Only the destination exists: an earlier try of this rename succeeded, or another client made the same rename.</summary>
    AlreadyRenamed,

    /// <summary>Both names exist: HDFS did not rename, and never does while the destination exists.</summary>
    DestinationExists,

    /// <summary>Only the source exists: the destination's parent folder is missing, or the destination lies inside the source.</summary>
    Refused,

    /// <summary>Neither name exists.</summary>
    SourceMissing,
}
