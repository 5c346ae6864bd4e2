using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Game.WebHdfs;

namespace Game.HdfsSink.Commits;

/// <summary>Which commit got a range of positions.</summary>
internal enum ClaimOutcome
{
    /// <summary>This commit.</summary>
    Won,

    /// <summary>Another commit.</summary>
    Lost,
}

/// <summary>
/// The manifests of one partition, and the renames that give manifests and data files their final names. A manifest claims its range of positions by its name.
/// A sink claims position N only when the files of the manifest that ends at N have their final names: so only the newest manifest can have files without.
/// </summary>
/// <param name="hdfs">Holds the warehouse.</param>
/// <param name="warehouse">The topic's folders.</param>
/// <param name="partition">The partition.</param>
/// <param name="parallel">Bounds how many data files are renamed at once, over all partitions.</param>
/// <param name="warn">Called with a sentence for each file in the folder of the manifests that is not a manifest of this partition.</param>
internal sealed class CommitLog(IWebHdfs hdfs, Warehouse warehouse, int partition, SemaphoreSlim parallel, Action<string> warn)
{
    /// <summary>How many existing folders the log remembers: a year of hours. When there are more it forgets all, and asks HDFS once for each again.</summary>
    private const int MaxKnownFolders = 10_000;

    /// <summary>Positions in the first window of the search: commits of a quiet partition hold about ten records, so it has about a hundred names.</summary>
    private const long FirstWindow = 1024;

    private const long WindowGrowth = 4;

    private readonly ConcurrentDictionary<string, bool> _knownFolders = new(StringComparer.Ordinal);

    /// <summary>Tries of a rename that HDFS refuses. Each makes the parent folder first: if it is missing three times, another program deletes it.</summary>
    private const int MaxRenames = 3;

    /// <summary>
    /// Finds the manifest of the highest range that begins at or before <paramref name="end"/>; null where nothing was ever committed. There may be hundreds of
    /// thousands of manifests, so the search lists windows of positions below the end, each larger than the one before, until one has a manifest. It skips a
    /// file that has a manifest's name but is not a manifest of this partition, with a warning. A damaged manifest of the chain is not lost by this: the
    /// manifest before it leads to its position, and <see cref="FindAsync"/> refuses it there.
    /// </summary>
    public async Task<Manifest?> FindNewestAsync(long end, CancellationToken cancellationToken)
    {
        for (long width = FirstWindow; ; width *= WindowGrowth)
        {
            long from = Math.Max(0, end - width);
            if (await HighestAsync(from, end, cancellationToken) is { } found)
            {
                return found;
            }

            if (from == 0)
            {
                return null;
            }
        }
    }

    /// <summary>Reads the manifest that claims <paramref name="first"/>; null where none does.</summary>
    /// <exception cref="SinkRefusedException">Another file or a folder has its name, which the next commit at this position needs.</exception>
    public async Task<Manifest?> FindAsync(long first, CancellationToken cancellationToken)
    {
        string path = warehouse.Claim(partition, first);
        return await hdfs.GetFileStatusAsync(path, cancellationToken) switch
        {
            null => null,
            { IsDirectory: true } => throw new SinkRefusedException(
                $"{path} is a folder, but a manifest belongs there: another program made it, so move it away and start again."),
            _ => await TryReadAsync(first, cancellationToken)
                ?? throw new SinkRefusedException(
                    $"{path} is not a manifest of this partition that this sink can read: it is misplaced, damaged or of a newer version, so restore it or use another warehouse."),
        };
    }

    /// <summary>Claims a range: renames the staged manifest to the range's name.</summary>
    public async Task<ClaimOutcome> ClaimAsync(string staged, Manifest manifest, CancellationToken cancellationToken)
    {
        string claim = warehouse.Claim(partition, manifest.First);
        switch (await RenameAsync(staged, claim, cancellationToken))
        {
            case RenameOutcome.Renamed:
                return ClaimOutcome.Won;
            case RenameOutcome.DestinationExists:
                return ClaimOutcome.Lost;
            case RenameOutcome.AlreadyRenamed:
                // Either an earlier try of this rename succeeded, or another sink claimed the range and deleted this staged file: the id shows which.
                return (await FindAsync(manifest.First, cancellationToken))?.CommitId == manifest.CommitId ? ClaimOutcome.Won : ClaimOutcome.Lost;
            default:
                throw new WarehouseException(
                    $"The manifest {staged} was deleted before the sink could rename it to {claim}: another program deletes files there.");
        }
    }

    /// <summary>Gives the data files of a manifest their final names, after its range was claimed.</summary>
    public Task PublishAsync(Manifest manifest, CancellationToken cancellationToken) =>
        Task.WhenAll(manifest.Files.Select(file => PublishAsync(file, cancellationToken)));

    /// <summary>
    /// Finishes the newest manifest, which a dead or slower sink may have left unfinished: gives files that are still staged their final names, and deletes
    /// staged files whose range another commit has claimed. A file that is no longer staged has had its final name (nothing else renames it); an operator may
    /// have deleted it since.
    /// </summary>
    public async Task FinishAsync(Manifest newest, CancellationToken cancellationToken)
    {
        HashSet<string> staged = await StagedFilesAsync(cancellationToken);
        HashSet<string> named = newest.Files.Select(file => file.Staged).ToHashSet(StringComparer.Ordinal);
        await Task.WhenAll(newest.Files.Where(file => staged.Contains(NameOf(file.Staged))).Select(file => PublishAsync(file, cancellationToken)));
        IEnumerable<string> abandoned = staged.Where(name =>
            Warehouse.ReadStaged(name) is { } range && range.Partition == partition && range.First < newest.Next);
        foreach (string path in abandoned.Select(name => $"{warehouse.Staging}/{name}").Where(path => !named.Contains(path)))
        {
            await hdfs.DeleteAsync(path, cancellationToken: cancellationToken);
        }
    }

    private async Task PublishAsync(ManifestFile file, CancellationToken cancellationToken)
    {
        await parallel.WaitAsync(cancellationToken);
        RenameOutcome outcome;
        try
        {
            outcome = await RenameAsync(file.Staged, file.Path, cancellationToken);
        }
        finally
        {
            parallel.Release();
        }

        if (outcome is RenameOutcome.DestinationExists)
        {
            throw new SinkRefusedException(
                $"{file.Path} exists although the sink's file still lies at {file.Staged}: another program wrote it, so move it away and start again.");
        }

        if (outcome is RenameOutcome.SourceMissing)
        {
            throw new WarehouseException($"Neither {file.Staged} nor {file.Path} exists: another program deletes files in the warehouse.");
        }
    }

    private async Task<RenameOutcome> RenameAsync(string path, string destination, CancellationToken cancellationToken)
    {
        string folder = destination[..destination.LastIndexOf('/')];
        for (int tries = 1; ; tries++)
        {
            await MakeFolderAsync(folder, cancellationToken);
            RenameOutcome outcome = await hdfs.RenameAsync(path, destination, cancellationToken);
            if (outcome != RenameOutcome.Refused)
            {
                return outcome;
            }

            _knownFolders.TryRemove(folder, out _);
            if (tries == MaxRenames)
            {
                throw new WarehouseException(
                    $"HDFS did not rename {path} to {destination}, although the file exists, the new name is free and its folder was just made.");
            }
        }
    }

    private async Task MakeFolderAsync(string folder, CancellationToken cancellationToken)
    {
        if (_knownFolders.ContainsKey(folder))
        {
            return;
        }

        await hdfs.MkdirsAsync(folder, cancellationToken);
        if (_knownFolders.Count >= MaxKnownFolders)
        {
            _knownFolders.Clear();
        }

        _knownFolders[folder] = true;
    }

    /// <summary>Reads the manifest of this partition that begins at <paramref name="first"/>; null where its file holds something else.</summary>
    private async Task<Manifest?> TryReadAsync(long first, CancellationToken cancellationToken)
    {
        await using Stream stream = await hdfs.OpenAsync(warehouse.Claim(partition, first), cancellationToken: cancellationToken);
        using MemoryStream bytes = new();
        await stream.CopyToAsync(bytes, cancellationToken);
        Manifest? manifest = Manifest.TryParse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return manifest?.Topic == warehouse.Topic && manifest.Partition == partition && manifest.First == first ? manifest : null;
    }

    /// <summary>Finds the manifest with the highest first position within [from, to]; null where there is none.</summary>
    private async Task<Manifest?> HighestAsync(long from, long to, CancellationToken cancellationToken)
    {
        // HDFS orders a listing by the bytes of the names, so only numbers with equally many digits are listed in numeric order.
        for (int digits = Digits(to); digits >= Digits(from); digits--)
        {
            long low = Math.Max(from, digits == 1 ? 0 : PowerOfTen(digits - 1)), high = Math.Min(to, PowerOfTen(digits) - 1);
            SortedSet<long> claims = new();
            // The listing starts after a name; the number without its last digit is the last name that certainly comes before the number itself.
            await foreach (FileStatus file in ListFilesAsync(warehouse.Commits(partition), Text(low)[..^1], Text(high), cancellationToken))
            {
                if (file.PathSuffix.Length == digits && long.TryParse(file.PathSuffix, NumberStyles.None, CultureInfo.InvariantCulture, out long first)
                    && first >= low && first <= high)
                {
                    claims.Add(first);
                }
            }

            foreach (long first in claims.Reverse())
            {
                if (await TryReadAsync(first, cancellationToken) is { } manifest)
                {
                    return manifest;
                }

                warn($"The sink skips {warehouse.Claim(partition, first)}: it is not a manifest of this partition.");
            }
        }

        return null;
    }

    private async Task<HashSet<string>> StagedFilesAsync(CancellationToken cancellationToken)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        await foreach (FileStatus file in ListFilesAsync(warehouse.Staging, "", null, cancellationToken))
        {
            names.Add(file.PathSuffix);
        }

        return names;
    }

    /// <summary>
    /// Lists a folder's files with names after <paramref name="after"/>, up to and with <paramref name="last"/> unless it is null. Lists none where the folder
    /// does not exist.
    /// </summary>
    private async IAsyncEnumerable<FileStatus> ListFilesAsync(string folder, string after, string? last,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            ListingPage page;
            try
            {
                page = await hdfs.ListPageAsync(folder, after, cancellationToken);
            }
            catch (WebHdfsException e) when (e.Error == HdfsError.FileNotFound)
            {
                yield break; // the sink has not written there yet
            }

            foreach (FileStatus entry in page.Entries)
            {
                after = entry.PathSuffix;
                if (last is not null && string.CompareOrdinal(after, last) > 0)
                {
                    yield break;
                }

                if (!entry.IsDirectory)
                {
                    yield return entry;
                }
            }

            if (page.Remaining <= 0 || page.Entries.Count == 0)
            {
                yield break;
            }
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Digits(long number) => Text(number).Length;

    /// <summary>10 to the power of <paramref name="exponent"/>; the largest long where the power does not fit.</summary>
    private static long PowerOfTen(int exponent)
    {
        long power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power = power > long.MaxValue / 10 ? long.MaxValue : power * 10;
        }

        return power;
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
