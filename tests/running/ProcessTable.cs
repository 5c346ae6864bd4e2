namespace Running;

/// <summary>The machine's processes as /proc shows them.</summary>
public static class ProcessTable
{
    /// <summary>Command lines of the living processes that were started with this variable in their environment; this process's own user's only.</summary>
    public static IReadOnlyList<string> WithEnvironment(string name, string value)
    {
        string wanted = $"\0{name}={value}\0";
        List<string> found = new();
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            if (Read(folder, "environ") is { } environment && $"\0{environment}".Contains(wanted, StringComparison.Ordinal))
            {
                found.Add($"{Path.GetFileName(folder)} {Read(folder, "cmdline")?.Replace('\0', ' ')}");
            }
        }

        return found;
    }

    private static string? Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // The process has ended, or belongs to another user.
        }
    }
}
