namespace Game.WebHdfs;

/// <summary>
/// The part of HDFS that this project uses, under WebHDFS's own operation names.
/// Paths are absolute ("/warehouse/alerts"), not encoded. Every call may throw <see cref="WebHdfsException"/>; all calls may be made from any thread at once.
/// </summary>
public interface IWebHdfs
{
    /// <summary>OPEN: the file's bytes from <paramref name="offset"/> on, <paramref name="length"/> of them (or what is left; null reads to the end). The
    /// caller disposes the stream.</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where there is no such file, or it is a directory.</exception>
    Task<Stream> OpenAsync(string path, long offset = 0, long? length = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// CREATE: writes a whole file, making its parent folders. The file is whole when the call returns; after an error a part of it may be there under its
    /// name, so write where no reader looks and rename. Sent again after an error only when <paramref name="overwrite"/> is set and <paramref name="content"/>
    /// can seek.
    /// </summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileAlreadyExists"/> where the name is taken and <paramref name="overwrite"/> is not set, or it
    /// names a directory.</exception>
    Task CreateAsync(string path, Stream content, bool overwrite = false, CancellationToken cancellationToken = default);

    /// <summary>APPEND: adds bytes to the end of an existing file. Never sent twice: after a time-out the file may or may not have them.</summary>
    Task AppendAsync(string path, Stream content, CancellationToken cancellationToken = default);

    /// <summary>MKDIRS: makes a folder and its parents; a folder that is there already is fine.</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileAlreadyExists"/> or <see cref="HdfsError.ParentNotDirectory"/> where a file is in the
    /// way.</exception>
    Task MkdirsAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>
    /// RENAME: never replaces a file. What the answer leaves open (HDFS says false for four different things, and a retried success is one of them; a time-out
    /// says nothing) is decided by looking at both names. A destination that is a folder swallows the file under its own name, as on HDFS: name files, not
    /// folders.
    /// </summary>
    Task<RenameOutcome> RenameAsync(string path, string destination, CancellationToken cancellationToken = default);

    /// <summary>DELETE: true where something was deleted, false where nothing was there (a repeated delete after a time-out says false too).</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.DirectoryNotEmpty"/> without <paramref name="recursive"/>.</exception>
    Task<bool> DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default);

    /// <summary>GETFILESTATUS: null where there is no such file or folder.</summary>
    Task<FileStatus?> GetFileStatusAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>LISTSTATUS: a folder's children, or one entry with an empty <see cref="FileStatus.PathSuffix"/> for a file.</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where there is no such path.</exception>
    Task<IReadOnlyList<FileStatus>> ListStatusAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>
    /// LISTSTATUS_BATCH: the next of a folder's children in the order of their names' bytes, as many as the NameNode gives at once (1,000 by default); for
    /// folders too large to be listed whole.
    /// </summary>
    /// <param name="path">The folder, or a file, which is its own only entry.</param>
    /// <param name="startAfter">Only names after this one, which need not be there; empty begins with the first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where there is no such path.</exception>
    Task<ListingPage> ListPageAsync(string path, string startAfter, CancellationToken cancellationToken = default);

    /// <summary>GETCONTENTSUMMARY: how many folders, files and bytes lie under a path.</summary>
    /// <exception cref="WebHdfsException"><see cref="HdfsError.FileNotFound"/> where there is no such path.</exception>
    Task<ContentSummary> GetContentSummaryAsync(string path, CancellationToken cancellationToken = default);
}
