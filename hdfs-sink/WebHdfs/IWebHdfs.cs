namespace Game.WebHdfs;

/// <summary>
/// The operations of HDFS that this project uses, with the names that WebHDFS gives them. Paths are absolute ("/warehouse/alerts") and not encoded. Every call
/// may throw <see cref="WebHdfsException"/>. Safe for many threads.
/// </summary>
public interface IWebHdfs
{
    /// <summary>
    /// OPEN: reads a file from <paramref name="offset"/>, at most <paramref name="length"/> bytes; null reads to the end. The caller disposes the stream.
    /// </summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where the file does not exist or is a folder.</exception>
    Task<Stream> OpenAsync(string path, long offset = 0, long? length = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// CREATE: writes a file and makes its parent folders. The file is complete when the call returns; after an error a part of it may exist under its name, so
    /// write where no reader looks, and rename. The client tries again after an error only where <paramref name="overwrite"/> is set and <paramref
    /// name="content"/> can seek.
    /// </summary>
    /// <exception cref="WebHdfsException">
    /// <see cref="HdfsError.FileAlreadyExists"/> where the file exists and <paramref name="overwrite"/> is not set, or the path is a folder.
    /// </exception>
    Task CreateAsync(string path, Stream content, bool overwrite = false, CancellationToken cancellationToken = default);

    /// <summary>APPEND: adds bytes to the end of an existing file. The client never tries twice: after a time-out the file may have the bytes or not.</summary>
    Task AppendAsync(string path, Stream content, CancellationToken cancellationToken = default);

    /// <summary>MKDIRS: makes a folder and its parents; succeeds where the folder exists.</summary>
    /// <exception cref="WebHdfsException">
    /// <see cref="HdfsError.FileAlreadyExists"/> or <see cref="HdfsError.ParentNotDirectory"/> where a part of the path is a file.
    /// </exception>
    Task MkdirsAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>
    /// RENAME: never replaces a file. HDFS answers false in four different cases, one of them a repeated rename that had succeeded, and after a time-out there
    /// is no answer: in these cases the client looks at both names to find the outcome. Where the destination is a folder, HDFS moves the file into it under
    /// its own name: give the new path of the file itself.
    /// </summary>
    Task<RenameOutcome> RenameAsync(string path, string destination, CancellationToken cancellationToken = default);

    /// <summary>DELETE: true where HDFS deleted something, false where the path did not exist (also when a try before a time-out had deleted it).</summary>
    /// <exception cref="WebHdfsException">
    /// <see cref="HdfsError.DirectoryNotEmpty"/> for a folder with children, without <paramref name="recursive"/>.
    /// </exception>
    Task<bool> DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default);

    /// <summary>GETFILESTATUS: the status of a file or folder; null where it does not exist.</summary>
    Task<FileStatus?> GetFileStatusAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>LISTSTATUS: a folder's children; for a file, one entry with an empty <see cref="FileStatus.PathSuffix"/>.</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where the path does not exist.</exception>
    Task<IReadOnlyList<FileStatus>> ListStatusAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>
    /// LISTSTATUS_BATCH: the next page of a folder's children in the order of their names' bytes, with as many entries as the NameNode sends at once (1,000 by
    /// default); for folders that are too large for one listing.
    /// </summary>
    /// <param name="path">The folder; a file is listed as its own only entry.</param>
    /// <param name="startAfter">The page has only names after this one, which need not exist; empty for the first page.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where the path does not exist.</exception>
    Task<ListingPage> ListPageAsync(string path, string startAfter, CancellationToken cancellationToken = default);

    /// <summary>GETCONTENTSUMMARY: how many folders, files and bytes lie under a path.</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where the path does not exist.</exception>
    Task<ContentSummary> GetContentSummaryAsync(string path, CancellationToken cancellationToken = default);
}
