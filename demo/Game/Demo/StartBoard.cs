using Game.Cli.Display;
using Spectre.Console.Rendering;

namespace Game.Cli.Demo;

/// <summary>Shows the start of a system: the phase, and the progress of history where it is loaded.</summary>
internal sealed class StartBoard(DemoState state) : IBoard
{
    public IReadOnlyList<string> News => state.News;

    public IEnumerable<SegmentLine> Picture(int width, int height)
        => [BoardLayout.Line(BoardLayout.Fit(state.Phase, width), BoardLayout.Strong), [],
        .. BoardLayout.Stages(state.History.HasBegun ? [state.History] : [], width)];

    public string Line() => state.History.IsRunning ? $"{state.Phase}: {state.History.Share:P0}, {state.History.Remark}" : state.Phase;
}
