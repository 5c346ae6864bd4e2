namespace Game.Analysis.Results;

/// <summary>The terminal that shows the standard output.</summary>
internal static class OutputScreen
{
    /// <summary>Of terminals that do not know their own.</summary>
    private const int UsualWidth = 80;

    /// <summary>Its width in characters as it is now; null where the output goes elsewhere.</summary>
    public static int? Width()
    {
        if (Console.IsOutputRedirected)
        {
            return null;
        }

        int width = Console.WindowWidth;
        return width > 0 ? width : UsualWidth;
    }
}
