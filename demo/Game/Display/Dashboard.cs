using Spectre.Console;

namespace Game.Cli.Display;

/// <summary>Shows a board while work is done: as a picture in a terminal, as a line every few seconds in a pipe.</summary>
internal sealed class Dashboard(IAnsiConsole console, IBoard board, TimeProvider time)
{
    private static readonly TimeSpan PictureEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);
    private int _told;

    private TextWriter Out => console.Profile.Out.Writer;

    /// <summary>Shows the board until the work is done. Whatever fails about the showing, the work goes on; its own exception comes out of here.</summary>
    public async Task ShowWhileAsync(Func<Task> work)
    {
        using CancellationTokenSource done = new();
        Task showing = Task.Run(() => ShowAsync(done.Token), CancellationToken.None);
        try
        {
            await work();
        }
        finally
        {
            await done.CancelAsync();
            await showing;
        }
    }

    private async Task ShowAsync(CancellationToken done)
    {
        try
        {
            await (console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi ? DrawAsync(done) : WriteLinesAsync(done));
            TellNews(); // the picture, which showed it, is gone
        }
        catch (Exception e)
        {
            Say($"The display stopped ({e.Message.TrimEnd('.')}); the work goes on.");
        }
    }

    private async Task DrawAsync(CancellationToken done)
    {
        using Screen screen = new(console);
        using PeriodicTimer tick = new(PictureEvery, time);
        do
        {
            screen.Draw(board.Picture(screen.Width, screen.Height));
        }
        while (await TickAsync(tick, done));
    }

    private async Task WriteLinesAsync(CancellationToken done)
    {
        using PeriodicTimer tick = new(LineEvery, time);
        while (await TickAsync(tick, done))
        {
            TellNews();
            Say(board.Line());
        }
    }

    private static async Task<bool> TickAsync(PeriodicTimer tick, CancellationToken done)
    {
        try
        {
            return await tick.WaitForNextTickAsync(done);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void TellNews()
    {
        IReadOnlyList<string> news = board.News;
        for (; _told < news.Count; _told++)
        {
            Say(BoardLayout.Clean(news[_told]));
        }
    }

    private void Say(string line)
    {
        try
        {
            Out.WriteLine(line);
        }
        catch (IOException)
        {
            // The terminal was closed: nobody is there to be told.
        }
    }
}
