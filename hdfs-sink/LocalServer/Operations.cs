namespace Game.LocalWebHdfs;

/// <summary>WebHDFS's operations; <see cref="Find"/> lists all that the server supports.</summary>
internal sealed class Operations(FolderTree tree, bool readOnly)
{
    /// <summary>HDFS's default (dfs.ls.limit).</summary>
    private const int PageEntries = 1000;

    /// <summary>Finds an operation by HTTP method and name; null where the server has none.</summary>
    public Func<Exchange, Task>? Find(string method, string operation) => (method, operation) switch
    {
        ("GET" or "HEAD", "OPEN") => OpenAsync,
        ("GET", "GETFILESTATUS") => GetFileStatusAsync,
        ("GET", "LISTSTATUS") => exchange => ListAsync(exchange, StatusJson.FileStatuses),
        ("GET", "LISTSTATUS_BATCH") => exchange => ListAsync(exchange, entries => Page(entries, exchange.Parameters.Text("startAfter") ?? "")),
        ("GET", "GETCONTENTSUMMARY") => GetContentSummaryAsync,
        ("GET", "GETHOMEDIRECTORY")
            => exchange => exchange.JsonAsync(StatusJson.Text("Path", "/user/" + (exchange.Parameters.UserName ?? Environment.UserName))),
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
        Parameters parameters = exchange.Parameters;
        if ((parameters.Number("offset", out long? offset) ?? parameters.Number("length", out _)) is { } fault)
        {
            await exchange.FaultAsync(fault);
            return;
        }

        _ = parameters.Number("length", out long? length);
        Entry? found = tree.Find(exchange.Path);
        if (found is null)
        {
            await exchange.FaultAsync(Fault.NotFound($"File {exchange.Path.Text} not found."));
        }
        else if (found.Length > 0 && offset >= found.Length)
        {
            await exchange.FaultAsync(Fault.Io($"Offset={offset} out of the range [0, {found.Length}); OPEN, path={exchange.Path.Text}"));
        }
        else if (!parameters.IsForDataNode)
        {
            await exchange.RedirectAsync("OPEN", ("offset", parameters.Text("offset") ?? "0"), ("length", parameters.Text("length")));
        }
        else
        {
            await SendFileAsync(exchange, offset ?? 0, length ?? long.MaxValue);
        }
    }

    private async Task SendFileAsync(Exchange exchange, long offset, long length)
    {
        await using FileStream? file = tree.OpenToRead(exchange.Path);
        if (file is null)
        {
            await exchange.FaultAsync(Fault.NotFound($"Path is not a file: {exchange.Path.Text}"));
            return;
        }

        if (offset > file.Length)
        {
            await exchange.FaultAsync(Fault.Io("Cannot seek after EOF"));
            return;
        }

        file.Position = offset;
        await exchange.BytesAsync(file, Math.Min(length, file.Length - offset));
    }

    private Task GetFileStatusAsync(Exchange exchange) => tree.Find(exchange.Path) is { } found
        ? exchange.JsonAsync(StatusJson.FileStatus(found, found.IsFolder ? tree.List(exchange.Path).Count : 0))
        : exchange.FaultAsync(Fault.NotFound($"File does not exist: {exchange.Path.Text}"));

    private Task ListAsync(Exchange exchange, Func<IEnumerable<(Entry, string)>, byte[]> write) => tree.Find(exchange.Path) switch
    {
        null => exchange.FaultAsync(Fault.NotFound($"File {exchange.Path.Text} does not exist.")),
        { IsFolder: true } => exchange.JsonAsync(write(tree.List(exchange.Path).Select(entry => (entry, entry.Name)))),
        { } file => exchange.JsonAsync(write([(file, "")])),
    };

    private static byte[] Page(IEnumerable<(Entry Entry, string Suffix)> entries, string startAfter)
    {
        // A file is listed as one entry without a name, on the first page only.
        List<(Entry, string)> after = [.. entries.Where(entry => startAfter.Length == 0 || string.CompareOrdinal(entry.Suffix, startAfter) > 0)];
        return StatusJson.DirectoryListing(after.Take(PageEntries), Math.Max(0, after.Count - PageEntries));
    }

    private Task GetContentSummaryAsync(Exchange exchange)
    {
        if (tree.Find(exchange.Path) is null)
        {
            return exchange.FaultAsync(Fault.NotFound($"File does not exist: {exchange.Path.Text}"));
        }

        (long folders, long files, long bytes) = tree.Summarize(exchange.Path);
        return exchange.JsonAsync(StatusJson.ContentSummary(folders, files, bytes));
    }

    private async Task CreateAsync(Exchange exchange)
    {
        if (exchange.Parameters.Flag("overwrite", out bool overwrite) is { } bad)
        {
            await exchange.FaultAsync(bad);
            return;
        }

        // As on HDFS, the first step only redirects; the second step checks the name.
        if (!exchange.Parameters.IsForDataNode)
        {
            await exchange.RedirectAsync("CREATE", ("createflag", ""), ("createparent", "true"), ("overwrite", overwrite ? "true" : "false"),
                ("permission", exchange.Parameters.Text("permission")));
            return;
        }

        if (tree.Create(exchange.Path, overwrite, out FileStream? file) is { } fault)
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
            await (tree.Find(exchange.Path) is { IsFile: true }
                ? exchange.RedirectAsync("APPEND")
                : exchange.FaultAsync(Fault.NotFound($"File {exchange.Path.Text} not found.")));
            return;
        }

        if (tree.OpenForAppend(exchange.Path, out FileStream? file) is { } fault)
        {
            await exchange.FaultAsync(fault);
            return;
        }

        await ReceiveAsync(exchange, file!);
        await exchange.EmptyAsync(StatusCodes.Status200OK);
    }

    /// <summary>
    /// Writes the bytes to the disk (fsync) before the answer. HDFS does not: its DataNodes rely on replicas, which this server does not have.
    /// </summary>
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
        {
            return exchange.FaultAsync(Fault.BadParameter("permission", $"Failed to parse \"{mode}\" as a radix-8 short integer."));
        }
        return tree.MakeFolders(exchange.Path) is { } fault ? exchange.FaultAsync(fault) : exchange.JsonAsync(StatusJson.Boolean(true));
    }

    private Task RenameAsync(Exchange exchange)
    {
        if (exchange.Parameters.Text("destination") is not { } text)
        {
            return exchange.FaultAsync(Fault.MissingParameter("destination", "RENAME"));
        }
        if (!text.StartsWith('/'))
        {
            return exchange.FaultAsync(Fault.BadParameter("destination", $"Invalid parameter value: destination = \"{text}\" is not an absolute path."));
        }
        if (exchange.Parameters.Text("renameoptions") is not null)
        {
            return exchange.FaultAsync(Fault.Unsupported("RENAME with renameoptions is not supported"));
        }
        if (HdfsPath.TryParse(text, out HdfsPath destination) is { } invalid)
        {
            return exchange.FaultAsync(invalid);
        }
        return tree.Rename(exchange.Path, destination, out bool renamed) is { } fault ? exchange.FaultAsync(fault)
            : exchange.JsonAsync(StatusJson.Boolean(renamed));
    }

    private Task DeleteAsync(Exchange exchange)
    {
        if (exchange.Parameters.Flag("recursive", out bool recursive) is { } bad)
        {
            return exchange.FaultAsync(bad);
        }
        return tree.Delete(exchange.Path, recursive, out bool deleted) is { } fault ? exchange.FaultAsync(fault)
            : exchange.JsonAsync(StatusJson.Boolean(deleted));
    }
}
