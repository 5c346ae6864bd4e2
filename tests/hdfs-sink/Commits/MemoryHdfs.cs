using Game.WebHdfs;

namespace Game.HdfsSink.Tests.Commits;

/// <summary>
/// An HDFS in memory. Its rename never replaces a file, refuses a destination without a parent folder, and moves into a destination that is a folder.
/// </summary>
internal sealed class MemoryHdfs : IWebHdfs
{
    /// <summary>Small, so that listings in tests have several pages.</summary>
    private const int PageEntries = 7;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, byte[]?> _entries = new(StringComparer.Ordinal) { ["/"] = null };

    /// <summary>How many pages of listings were read.</summary>
    public int Pages { get; private set; }

    public IReadOnlyDictionary<string, byte[]> Files
    {
        get
        {
            lock (_gate)
            {
                return _entries.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Key, entry => entry.Value!);
            }
        }
    }

    public Task<Stream> OpenAsync(string path, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(path) is { } bytes ? Task.FromResult<Stream>(new MemoryStream(bytes[(int)offset..])) : throw NotFound(path);
        }
    }

    public async Task CreateAsync(string path, Stream content, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        using MemoryStream bytes = new();
        await content.CopyToAsync(bytes, cancellationToken);
        lock (_gate)
        {
            if (!overwrite && _entries.ContainsKey(path))
            {
                throw new WebHdfsException(HdfsError.FileAlreadyExists, $"{path} exists");
            }
            MakeFolders(Parent(path));
            _entries[path] = bytes.ToArray();
        }
    }

    public Task AppendAsync(string path, Stream content, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task MkdirsAsync(string path, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            MakeFolders(path);
        }
        return Task.CompletedTask;
    }

    public Task<RenameOutcome> RenameAsync(string path, string destination, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            bool sourceExists = _entries.ContainsKey(path), destinationExists = _entries.ContainsKey(destination);
            if (sourceExists && destinationExists && _entries[destination] is null)
            {
                return RenameAsync(path, destination + path[path.LastIndexOf('/')..], cancellationToken);
            }
            if (!sourceExists || destinationExists)
            {
                return Task.FromResult(sourceExists ? RenameOutcome.DestinationExists
                    : destinationExists ? RenameOutcome.AlreadyRenamed : RenameOutcome.SourceMissing);
            }
            if (!_entries.ContainsKey(Parent(destination)))
            {
                return Task.FromResult(RenameOutcome.Refused);
            }
            _entries.Add(destination, _entries[path]);
            _entries.Remove(path);
            return Task.FromResult(RenameOutcome.Renamed);
        }
    }

    public Task<bool> DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            List<string> deleted = _entries.Keys.Where(key => key == path || (recursive && key.StartsWith(path + "/", StringComparison.Ordinal))).ToList();
            deleted.ForEach(key => _entries.Remove(key));
            return Task.FromResult(deleted.Count > 0);
        }
    }

    public Task<FileStatus?> GetFileStatusAsync(string path, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult(_entries.TryGetValue(path, out byte[]? bytes) ? Status("", bytes) : null);
        }
    }

    public Task<IReadOnlyList<FileStatus>> ListStatusAsync(string path, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(path, out byte[]? file))
            {
                throw NotFound(path);
            }

            if (file is not null)
            {
                return Task.FromResult<IReadOnlyList<FileStatus>>([Status("", file)]);
            }

            return Task.FromResult<IReadOnlyList<FileStatus>>(
                [.. _entries.Where(entry => entry.Key != "/" && Parent(entry.Key) == path)
                    .Select(entry => Status(entry.Key[(entry.Key.LastIndexOf('/') + 1)..], entry.Value))]);
        }
    }

    public async Task<ListingPage> ListPageAsync(string path, string startAfter, CancellationToken cancellationToken = default)
    {
        Pages++;
        IReadOnlyList<FileStatus> all = await ListStatusAsync(path, cancellationToken);
        List<FileStatus> after = all.Where(entry => string.CompareOrdinal(entry.PathSuffix, startAfter) > 0).ToList();
        return new ListingPage([.. after.Take(PageEntries)], Math.Max(0, after.Count - PageEntries));
    }

    public Task<ContentSummary> GetContentSummaryAsync(string path, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private void MakeFolders(string path)
    {
        for (string at = path; at != "/"; at = Parent(at))
        {
            if (_entries.TryGetValue(at, out byte[]? file) && file is not null)
            {
                throw new WebHdfsException(at == path ? HdfsError.FileAlreadyExists : HdfsError.ParentNotDirectory, $"{at} (is not a directory)");
            }
        }

        for (string at = path; at != "/"; at = Parent(at))
        {
            _entries.TryAdd(at, null);
        }
    }

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";

    private static FileStatus Status(string name, byte[]? bytes) => new(name, bytes is null ? "DIRECTORY" : "FILE", bytes?.Length ?? 0, 0);

    private static WebHdfsException NotFound(string path) => new(HdfsError.FileNotFound, $"{path} does not exist");
}
