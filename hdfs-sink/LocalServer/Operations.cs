namespace Game.LocalWebHdfs;

/// <summary>WebHDFS's operations: what the server can do is what this table lists.</summary>
internal sealed class Operations(FolderTree tree, bool readOnly)
{
    /// <summary>HDFS's default (dfs.ls.limit).</summary>
    private const int PageEntries = 1000;

    /// <summary>By HTTP method and operation name.</summary>
    public Func<Exchange, Task>? Find(string method, string operation) => (method, operation) switch
    {
        ("GET" or "HEAD", "OPEN") => OpenAsync,
        ("GET", "GETFILESTATUS") => GetFileStatusAsync,
        ("GET", "LISTSTATUS") => exchange => ListAsync(exchange, StatusJson.FileStatuses),
        ("GET", "LISTSTATUS_BATCH") => exchange => ListAsync(exchange, entries => Page(entries, exchange.Parameters.Text("startAfter") ?? "")),
        ("GET", "GETCONTENTSUMMARY") => GetContentSummaryAsync,
        ("GET", "GETHOMEDIRECTORY") => exchange => exchange.JsonAsync(StatusJson.Text("Path", "/user/" + (exchange.Parameters.UserName ?? Environment.UserName))),
        ("PUT", "CREATE" or "MKDIRS" or "RENAME") or ("POST", "APPEND") or ("DELETE", "DELETE") when readOnly => RefuseAsync,
        ("PUT", "CREATE") => CreateAsync,
        ("PUT", "MKDIRS") => MkdirsAsync,
        ("PUT", "RENAME") => RenameAsync,
        ("POST", "APPEND") => AppendAsync,
        ("DELETE", "DELETE") => DeleteAsync,
        _ => null,
    };

    private static Task RefuseAsync(Exchange exchange) => exchange.FaultAsync(Fault.ReadOnly(exchange.Path.Text));

    private async Task OpenAsync(Exchange exchange)
    {
        var parameters = exchange.Parameters;
        if ((parameters.Number("offset", out long? offset) ?? parameters.Number("length", out _)) is { } fault)
        {
            await exchange.FaultAsync(fault);
            return;
        }

        _ = parameters.Number("length", out long? length);
        var found = tree.Find(exchange.Path);
        if (found is null)
            await exchange.FaultAsync(Fault.NotFound($"File {exchange.Path.Text} not found."));
        else if (found is FileInfo file && file.Length > 0 && offset >= file.Length)
            await exchange.FaultAsync(Fault.Io($"Offset={offset} out of the range [0, {file.Length}); OPEN, path={exchange.Path.Text}"));
        else if (!parameters.IsForDataNode)
            await exchange.RedirectAsync("OPEN", ("offset", parameters.Text("offset") ?? "0"), ("length", parameters.Text("length")));
        else if (found is DirectoryInfo)
            await exchange.FaultAsync(Fault.NotFound($"Path is not a file: {exchange.Path.Text}"));
        else
            await SendFileAsync(exchange, (FileInfo)found, offset ?? 0, length ?? long.MaxValue);
    }

    private static async Task SendFileAsync(Exchange exchange, FileInfo found, long offset, long length)
    {
        await using var file = new FileStream(found.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
        if (offset > file.Length)
        {
            await exchange.FaultAsync(Fault.Io("Cannot seek after EOF"));
            return;
        }

        file.Position = offset;
        await exchange.BytesAsync(file, Math.Min(length, file.Length - offset));
    }

    private Task GetFileStatusAsync(Exchange exchange) => tree.Find(exchange.Path) is { } found
        ? exchange.JsonAsync(StatusJson.FileStatus(found, found is DirectoryInfo folder ? tree.List(folder).Count() : 0))
        : exchange.FaultAsync(Fault.NotFound($"File does not exist: {exchange.Path.Text}"));

    private Task ListAsync(Exchange exchange, Func<IEnumerable<(FileSystemInfo, string)>, byte[]> write) => tree.Find(exchange.Path) switch
    {
        null => exchange.FaultAsync(Fault.NotFound($"File {exchange.Path.Text} does not exist.")),
        DirectoryInfo folder => exchange.JsonAsync(write(tree.List(folder).Select(entry => (entry, entry.Name)))),
        var file => exchange.JsonAsync(write([(file, "")])),
    };

    private static byte[] Page(IEnumerable<(FileSystemInfo Entry, string Suffix)> entries, string startAfter)
    {
        // A file's only entry has no name, and no page but the first.
        List<(FileSystemInfo, string)> after = [.. entries.Where(entry => startAfter.Length == 0 || string.CompareOrdinal(entry.Suffix, startAfter) > 0)];
        return StatusJson.DirectoryListing(after.Take(PageEntries), Math.Max(0, after.Count - PageEntries));
    }

    private Task GetContentSummaryAsync(Exchange exchange)
    {
        var found = tree.Find(exchange.Path);
        if (found is null)
            return exchange.FaultAsync(Fault.NotFound($"File does not exist: {exchange.Path.Text}"));
        long folders = 0, files = 0, bytes = 0;
        var open = new Stack<FileSystemInfo>([found]);
        while (open.TryPop(out var entry))
        {
            if (entry is FileInfo file)
            {
                files++;
                bytes += file.Length;
                continue;
            }

            folders++;
            foreach (var child in tree.List((DirectoryInfo)entry))
                open.Push(child);
        }

        return exchange.JsonAsync(StatusJson.ContentSummary(folders, files, bytes));
    }

    private async Task CreateAsync(Exchange exchange)
    {
        if (exchange.Parameters.Flag("overwrite", out bool overwrite) is { } bad)
        {
            await exchange.FaultAsync(bad);
            return;
        }

        // As on HDFS the NameNode only says where to go; the name is looked at when the bytes come.
        if (!exchange.Parameters.IsForDataNode)
        {
            await exchange.RedirectAsync("CREATE", ("createflag", ""), ("createparent", "true"), ("overwrite", overwrite ? "true" : "false"), ("permission", exchange.Parameters.Text("permission")));
            return;
        }

        if (tree.Create(exchange.Path, overwrite, out var file) is { } fault)
        {
            await exchange.FaultAsync(fault);
            return;
        }

        await ReceiveAsync(exchange, file!);
        await exchange.CreatedAsync();
    }

    private async Task AppendAsync(Exchange exchange)
    {
        if (!exchange.Parameters.IsForDataNode)
        {
            await (tree.Find(exchange.Path) is FileInfo
                ? exchange.RedirectAsync("APPEND")
                : exchange.FaultAsync(Fault.NotFound($"File {exchange.Path.Text} not found.")));
            return;
        }

        if (tree.OpenForAppend(exchange.Path, out var file) is { } fault)
        {
            await exchange.FaultAsync(fault);
            return;
        }

        await ReceiveAsync(exchange, file!);
        await exchange.EmptyAsync(StatusCodes.Status200OK);
    }

    /// <summary>The bytes are on the disk (fsync) before the answer: stronger than HDFS, whose DataNodes leave that to their page cache and to replicas, of which there are none here.</summary>
    private static async Task ReceiveAsync(Exchange exchange, FileStream file)
    {
        await using (file)
        {
            await exchange.Body.CopyToAsync(file, 64 * 1024, exchange.Aborted);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
        }
    }

    private Task MkdirsAsync(Exchange exchange)
    {
        if (exchange.Parameters.Text("permission") is { } mode && (mode.Length > 4 || mode.AsSpan().ContainsAnyExceptInRange('0', '7')))
            return exchange.FaultAsync(Fault.BadParameter("permission", $"Failed to parse \"{mode}\" as a radix-8 short integer."));
        return tree.MakeFolders(exchange.Path) is { } fault ? exchange.FaultAsync(fault) : exchange.JsonAsync(StatusJson.Boolean(true));
    }

    private Task RenameAsync(Exchange exchange)
    {
        if (exchange.Parameters.Text("destination") is not { } text)
            return exchange.FaultAsync(Fault.MissingParameter("destination", "RENAME"));
        if (!text.StartsWith('/'))
            return exchange.FaultAsync(Fault.BadParameter("destination", $"Invalid parameter value: destination = \"{text}\" is not an absolute path."));
        if (exchange.Parameters.Text("renameoptions") is not null)
            return exchange.FaultAsync(Fault.Unsupported("RENAME with renameoptions is not supported"));
        if (HdfsPath.TryParse(text, out var destination) is { } invalid)
            return exchange.FaultAsync(invalid);
        return tree.Rename(exchange.Path, destination, out bool renamed) is { } fault ? exchange.FaultAsync(fault) : exchange.JsonAsync(StatusJson.Boolean(renamed));
    }

    private Task DeleteAsync(Exchange exchange)
    {
        if (exchange.Parameters.Flag("recursive", out bool recursive) is { } bad)
            return exchange.FaultAsync(bad);
        return tree.Delete(exchange.Path, recursive, out bool deleted) is { } fault ? exchange.FaultAsync(fault) : exchange.JsonAsync(StatusJson.Boolean(deleted));
    }
}
