namespace Game.Cli.Report;

/// <summary>
/// The file of <c>--report</c>. It is opened before the work begins, so that a path that cannot be written fails at once; its old content stays until the
/// report is written.
/// </summary>
internal sealed class ReportFile : IDisposable
{
    private readonly FileStream _file;
    private readonly bool _isNew;
    private bool _written;

    private ReportFile(FileStream file, bool isNew)
    {
        _file = file;
        _isNew = isNew;
    }

    /// <returns>Null where no report is wanted.</returns>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public static ReportFile? Open(string? path)
    {
        if (path is null)
        {
            return null;
        }
        try
        {
            bool isMissing = !File.Exists(path);
            return new ReportFile(new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read), isMissing);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserErrorException($"The report cannot be written to '{path}': {e.Message}", e);
        }
    }

    public async Task WriteAsync(string json, CancellationToken cancellation)
    {
        _file.SetLength(0);
        await _file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(json), cancellation);
        await _file.FlushAsync(cancellation);
        _written = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_isNew && !_written)
        {
            File.Delete(_file.Name);
        }
    }
}
