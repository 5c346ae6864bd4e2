using System.Net;

namespace Game.WebHdfs;

/// <summary>The kinds of failure that callers may handle differently.</summary>
public enum HdfsError
{
    /// <summary>HDFS reported an exception that is none of the other kinds; <see cref="WebHdfsException.RemoteName"/> names it.</summary>
    Remote,

    /// <summary>The file or folder does not exist, or is a folder where the call needs a file.</summary>
    FileNotFound,

    /// <summary>The user lacks the permission.</summary>
    AccessControl,

    /// <summary>The NameNode asked is not the active one.</summary>
    Standby,

    /// <summary>The NameNode is in safe mode: it allows reads, but no changes.</summary>
    SafeMode,

    /// <summary>The name exists already.</summary>
    FileAlreadyExists,

    /// <summary>A parent in the path is a file.</summary>
    ParentNotDirectory,

    /// <summary>The folder to delete has children.</summary>
    DirectoryNotEmpty,

    /// <summary>A quota on names or on bytes is used up.</summary>
    QuotaExceeded,

    /// <summary>Another client writes the file.</summary>
    Lease,

    /// <summary>HDFS does not accept the path or a parameter.</summary>
    InvalidArgument,

    /// <summary>The server does not support the operation.</summary>
    Unsupported,

    /// <summary>HDFS asks the client to try again.</summary>
    Retriable,

    /// <summary>The client could not connect, or the connection broke.</summary>
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
/// <param name="inner">The exception that caused it in the client.</param>
public sealed class WebHdfsException(HdfsError error, string message, HttpStatusCode? statusCode = null, string? remoteName = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public HdfsError Error => error;

    /// <summary>The HTTP status, where there was an answer.</summary>
    public HttpStatusCode? StatusCode => statusCode;

    /// <summary>The Java exception's simple name, where HDFS sent one.</summary>
    public string? RemoteName => remoteName;

    /// <summary>Whether another try, or another NameNode, may succeed.</summary>
    public bool IsTransient => Error is HdfsError.Standby or HdfsError.SafeMode or HdfsError.Retriable or HdfsError.Unreachable or HdfsError.TimedOut
        || (Error is HdfsError.Protocol or HdfsError.Remote && (int?)StatusCode is >= 500 or 408 or 429);

    /// <summary>Whether it is unknown if the server carried out the call.</summary>
    public bool IsOutcomeUnknown => Error is HdfsError.Unreachable or HdfsError.TimedOut
        || (Error is HdfsError.Protocol or HdfsError.Remote && ((int?)StatusCode is null or < 400 or >= 500 or 408));
}
