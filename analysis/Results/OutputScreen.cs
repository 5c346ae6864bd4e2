namespace Game.Analysis.Results;

/// <summary>The terminal that shows the standard output.</summary>
internal static class OutputScreen
{
    /// <summary>The width where a terminal does not report its own.</summary>
    private const int DefaultWidth = 80;

    /// <summary>The terminal's current width in characters; null where the output goes to a pipe or a file.</summary>
    public static int? Width()
    {
        if (Console.IsOutputRedirected)
        {
            return null;
        }

        int width = Console.WindowWidth;
        return width > 0 ? width : DefaultWidth;
    }
}
