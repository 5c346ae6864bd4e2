using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Game.WebHdfs;

namespace Game.HdfsSink.Commits;

/// <summary>How a claim ended.</summary>
internal enum ClaimOutcome
{
    /// <summary>The range is this commit's.</summary>
    Won,

    /// <summary>Another commit has it.</summary>
    Lost,
}

/// <summary>
/// The manifests of one partition, and the renames that make them and their files visible.
/// Before a claim on position N is made, the files of the manifest that ends at N are in place: so only the newest manifest can have files left to place.
/// </summary>
/// <param name="hdfs">Where to.</param>
/// <param name="warehouse">The topic's folders.</param>
/// <param name="partition">The partition.</param>
/// <param name="parallel">Bounds how many files are placed at once, over all partitions.</param>
/// <param name="warn">Called with a sentence for what lies in the folder of the manifests and is none of this partition's.</param>
internal sealed class CommitLog(IWebHdfs hdfs, Warehouse warehouse, int partition, SemaphoreSlim parallel, Action<string> warn)
{
    /// <summary>Folders remembered as made: a year of hours. More start anew, which costs a call each.</summary>
    private const int MaxKnownFolders = 10_000;

    /// <summary>Commits of a quiet partition hold some ten records: a window of a hundred names.</summary>
    private const long FirstWindow = 1024;

    private const long WindowGrowth = 4;

    private readonly ConcurrentDictionary<string, bool> _knownFolders = new(StringComparer.Ordinal);

    /// <summary>A refused rename is tried again after making the parent folder; that it vanishes three times in a row is somebody's doing.</summary>
    private const int MaxRenames = 3;

    /// <summary>
    /// The manifest of the highest range that begins at or before <paramref name="end"/>; null where nothing was ever committed. There may be hundreds of
    /// thousands, so it is looked for in windows below the end that grow until one holds any. What has a manifest's name and is none of this partition's is
    /// passed over with a warning: were it a damaged one of the chain, the manifest before it would lead to it, and <see cref="FindAsync"/> would refuse it.
    /// </summary>
    public async Task<Manifest?> NewestAsync(long end, CancellationToken cancellationToken)
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

    /// <summary>The manifest that claims <paramref name="first"/>; null where it is free.</summary>
    /// <exception cref="SinkRefusedException">Something else lies there, which this partition's next commit would meet.</exception>
    public async Task<Manifest?> FindAsync(long first, CancellationToken cancellationToken)
    {
        string path = warehouse.Claim(partition, first);
        return await hdfs.GetFileStatusAsync(path, cancellationToken) switch
        {
            null => null,
            { IsDirectory: true } => throw new SinkRefusedException($"{path} is a folder where a manifest belongs: something else made it, so move it away and start again."),
            _ => await TryReadAsync(first, cancellationToken)
                ?? throw new SinkRefusedException(
                    $"{path} is not a manifest of this partition that this sink can read: it was misplaced, damaged or written by a newer version, so restore it or use another warehouse."),
        };
    }

    /// <summary>Moves a staged manifest to the name that claims its range.</summary>
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
                // An earlier try of ours got through, or another's claim is there and its sink has cleaned our staged file away: the id tells.
                return (await FindAsync(manifest.First, cancellationToken))?.CommitId == manifest.CommitId ? ClaimOutcome.Won : ClaimOutcome.Lost;
            default:
                throw new WarehouseException($"The manifest {staged} vanished before it could be renamed to {claim}: something else deletes files there.");
        }
    }

    /// <summary>Gives the files of a manifest just claimed their final names.</summary>
    public Task PlaceAsync(Manifest manifest, CancellationToken cancellationToken) =>
        Task.WhenAll(manifest.Files.Select(file => PlaceAsync(file, cancellationToken)));

    /// <summary>
    /// Finishes what a dead or slower sink left of the newest manifest: places the files that are still staged, and deletes what nobody can claim any more.
    /// A file that is no longer staged was placed (nothing else moves it), and what happened to it since is not the sink's affair.
    /// </summary>
    public async Task FinishAsync(Manifest newest, CancellationToken cancellationToken)
    {
        HashSet<string> staged = await StagedFilesAsync(cancellationToken);
        HashSet<string> named = newest.Files.Select(file => file.Staged).ToHashSet(StringComparer.Ordinal);
        await Task.WhenAll(newest.Files.Where(file => staged.Contains(NameOf(file.Staged))).Select(file => PlaceAsync(file, cancellationToken)));
        IEnumerable<string> unclaimable = staged.Where(name =>
            Warehouse.ReadStaged(name) is { } range && range.Partition == partition && range.First < newest.Next);
        foreach (string path in unclaimable.Select(name => $"{warehouse.Staging}/{name}").Where(path => !named.Contains(path)))
        {
            await hdfs.DeleteAsync(path, cancellationToken: cancellationToken);
        }
    }

    private async Task PlaceAsync(ManifestFile file, CancellationToken cancellationToken)
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
            throw new SinkRefusedException($"{file.Path} is there although its file still lies at {file.Staged}: something else wrote it, so move it away and start again.");
        }

        if (outcome is RenameOutcome.SourceMissing)
        {
            throw new WarehouseException($"Neither {file.Staged} nor {file.Path} is there: something else deletes files in the warehouse.");
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
                throw new WarehouseException($"HDFS would not rename {path} to {destination}, though the source is there, the name is free and its folder was just made.");
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

    /// <summary>The manifest in a file; null where the file holds none, or another's.</summary>
    private async Task<Manifest?> TryReadAsync(long first, CancellationToken cancellationToken)
    {
        await using Stream stream = await hdfs.OpenAsync(warehouse.Claim(partition, first), cancellationToken: cancellationToken);
        using MemoryStream bytes = new();
        await stream.CopyToAsync(bytes, cancellationToken);
        Manifest? manifest = Manifest.TryParse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return manifest?.Topic == warehouse.Topic && manifest.Partition == partition && manifest.First == first ? manifest : null;
    }

    /// <summary>The manifest of the highest claim within [from, to]; null where there is none.</summary>
    private async Task<Manifest?> HighestAsync(long from, long to, CancellationToken cancellationToken)
    {
        // HDFS lists by the names' bytes: there only numbers of the same length are in their order.
        for (int digits = Digits(to); digits >= Digits(from); digits--)
        {
            long low = Math.Max(from, digits == 1 ? 0 : PowerOfTen(digits - 1)), high = Math.Min(to, PowerOfTen(digits) - 1);
            SortedSet<long> claims = new();
            // Whatever is listed after a number without its last digit is that number or comes after it.
            await foreach (FileStatus file in ListFilesAsync(warehouse.Commits(partition), Text(low)[..^1], Text(high), cancellationToken))
            {
                if (file.PathSuffix.Length == digits && long.TryParse(file.PathSuffix, NumberStyles.None, CultureInfo.InvariantCulture, out long first) && first >= low && first <= high)
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

                warn($"{warehouse.Claim(partition, first)} is not a manifest of this partition and is passed over.");
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

    /// <summary>A folder's files with names after <paramref name="after"/>, up to <paramref name="last"/> where that is given; none where there is no such folder.</summary>
    private async IAsyncEnumerable<FileStatus> ListFilesAsync(string folder, string after, string? last, [EnumeratorCancellation] CancellationToken cancellationToken)
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
                yield break; // nothing was ever written there
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

    /// <summary>10^19 and beyond do not fit: the largest number stands for them.</summary>
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
