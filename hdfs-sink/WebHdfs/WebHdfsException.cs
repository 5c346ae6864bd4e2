using System.Net;

namespace Game.WebHdfs;

/// <summary>The kinds of failure that a caller may want to tell apart.</summary>
public enum HdfsError
{
    /// <summary>HDFS reported an exception that has no kind of its own; <see cref="WebHdfsException.RemoteName"/> names it.</summary>
    Remote,

    /// <summary>No such file or folder, or a folder where a file was asked for.</summary>
    FileNotFound,

    /// <summary>The user may not do that.</summary>
    AccessControl,

    /// <summary>The NameNode asked is not the active one.</summary>
    Standby,

    /// <summary>The NameNode is in safe mode: it reads, but changes nothing.</summary>
    SafeMode,

    /// <summary>The name is taken.</summary>
    FileAlreadyExists,

    /// <summary>A parent in the path is a file.</summary>
    ParentNotDirectory,

    /// <summary>The folder to delete has children.</summary>
    DirectoryNotEmpty,

    /// <summary>A quota on names or on bytes is used up.</summary>
    QuotaExceeded,

    /// <summary>Another writer holds the file, or took it over.</summary>
    Lease,

    /// <summary>HDFS did not like the path or a parameter.</summary>
    InvalidArgument,

    /// <summary>The server cannot do that operation.</summary>
    Unsupported,

    /// <summary>HDFS said: try again.</summary>
    Retriable,

    /// <summary>No connection, or it broke.</summary>
    Unreachable,

    /// <summary>No answer within the time-out.</summary>
    TimedOut,

    /// <summary>The answer is not WebHDFS.</summary>
    Protocol,
}

/// <summary>A failed WebHDFS call. The message is one sentence and names the operation, the path and the server.</summary>
/// <param name="error">What went wrong.</param>
/// <param name="message">One sentence.</param>
/// <param name="statusCode">The HTTP status, where there was an answer.</param>
/// <param name="remoteName">The Java exception's simple name, where HDFS sent one.</param>
/// <param name="inner">What caused it here.</param>
public sealed class WebHdfsException(HdfsError error, string message, HttpStatusCode? statusCode = null, string? remoteName = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public HdfsError Error => error;

    /// <summary>The HTTP status, where there was an answer.</summary>
    public HttpStatusCode? StatusCode => statusCode;

    /// <summary>The Java exception's simple name, where HDFS sent one.</summary>
    public string? RemoteName => remoteName;

    /// <summary>Another try, or another NameNode, may succeed.</summary>
    public bool IsTransient => Error is HdfsError.Standby or HdfsError.SafeMode or HdfsError.Retriable or HdfsError.Unreachable or HdfsError.TimedOut
        || (Error is HdfsError.Protocol or HdfsError.Remote && (int?)StatusCode is >= 500 or 408 or 429);

    /// <summary>Nothing is known of whether the server did what it was asked.</summary>
    public bool IsOutcomeUnknown => Error is HdfsError.Unreachable or HdfsError.TimedOut
        || (Error is HdfsError.Protocol or HdfsError.Remote && ((int?)StatusCode is null or < 400 or >= 500 or 408));
}
