using Game.Cli.Display;
using Spectre.Console.Rendering;

namespace Game.Cli.Demo;

/// <summary>What is shown while a system starts: the phase, and how far history is where one is loaded.</summary>
internal sealed class StartBoard(DemoState state) : IBoard
{
    public IReadOnlyList<string> News => state.News;

    public IEnumerable<SegmentLine> Picture(int width, int height)
        => [BoardLayout.Line(BoardLayout.Fit(state.Phase, width), BoardLayout.Strong), [],
        .. BoardLayout.Stages(state.History.HasBegun ? [state.History] : [], width)];

    public string Line() => state.History.IsRunning ? $"{state.Phase}: {state.History.Share:P0}, {state.History.Remark}" : state.Phase;
}
