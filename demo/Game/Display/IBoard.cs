using Spectre.Console.Rendering;

namespace Game.Cli.Display;

/// <summary>What a verb shows of its work. The thread that draws calls it while other threads change the state, so it reads copies only.</summary>
internal interface IBoard
{
    /// <summary>The state in lines of a terminal; lines beyond its size are cut.</summary>
    /// <param name="width">Cells of a line.</param>
    /// <param name="height">Lines.</param>
    IEnumerable<SegmentLine> Picture(int width, int height);

    /// <summary>The state in one line, for a pipe or a file.</summary>
    string Line();

    /// <summary>What has happened so far, one sentence for each event, the oldest first.</summary>
    IReadOnlyList<string> News { get; }
}
