using System.Runtime.CompilerServices;
using Game.WebHdfs;

namespace Game.HdfsSink.Tests.Commits;

/// <summary>Stands for the death of the process at this call.</summary>
internal sealed class KilledException(string message = "the test killed the process here") : Exception(message);

/// <summary>
/// One process's access to HDFS. Every call runs <paramref name="before"/> with its name first and <paramref name="after"/> when it has taken effect: there a
/// test can hold the call, or kill the process.
/// </summary>
internal sealed class GatedHdfs(IWebHdfs hdfs, Func<string, Task> before, Func<Task> after) : IWebHdfs
{
    public Task<Stream> OpenAsync(string path, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        Pass(() => hdfs.OpenAsync(path, offset, length, cancellationToken));

    public Task CreateAsync(string path, Stream content, bool overwrite = false, CancellationToken cancellationToken = default) => Pass(async () =>
    {
        await hdfs.CreateAsync(path, content, overwrite, cancellationToken);
        return true;
    });

    public Task AppendAsync(string path, Stream content, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task MkdirsAsync(string path, CancellationToken cancellationToken = default) => Pass(async () =>
    {
        await hdfs.MkdirsAsync(path, cancellationToken);
        return true;
    });

    public Task<RenameOutcome> RenameAsync(string path, string destination, CancellationToken cancellationToken = default) =>
        Pass(() => hdfs.RenameAsync(path, destination, cancellationToken));

    public Task<bool> DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default)
        => Pass(() => hdfs.DeleteAsync(path, recursive, cancellationToken));

    public Task<FileStatus?> GetFileStatusAsync(string path, CancellationToken cancellationToken = default)
        => Pass(() => hdfs.GetFileStatusAsync(path, cancellationToken));

    public Task<IReadOnlyList<FileStatus>> ListStatusAsync(string path, CancellationToken cancellationToken = default)
        => Pass(() => hdfs.ListStatusAsync(path, cancellationToken));

    public Task<ListingPage> ListPageAsync(string path, string startAfter, CancellationToken cancellationToken = default)
        => Pass(() => hdfs.ListPageAsync(path, startAfter, cancellationToken));

    public Task<ContentSummary> GetContentSummaryAsync(string path, CancellationToken cancellationToken = default)
        => Pass(() => hdfs.GetContentSummaryAsync(path, cancellationToken));

    private async Task<T> Pass<T>(Func<Task<T>> call, [CallerMemberName] string name = "")
    {
        await before(name);
        T? result = await call();
        await after();
        return result;
    }
}
