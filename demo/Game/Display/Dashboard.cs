using Spectre.Console;

namespace Game.Cli.Display;

/// <summary>Shows a board while work runs: as a picture in a terminal, as a line every few seconds in a pipe.</summary>
internal sealed class Dashboard(IAnsiConsole console, IBoard board, TimeProvider time)
{
    private static readonly TimeSpan PictureInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);
    private int _newsWritten;

    private TextWriter Out => console.Profile.Out.Writer;

    /// <summary>Shows the board until the work ends. A failure of the display does not stop the work; an exception of the work is thrown.</summary>
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
            WriteNews(); // the second screen, which showed the news, is closed
        }
        catch (Exception e)
        {
            WriteLine($"The display stopped ({e.Message.TrimEnd('.')}); the work continues.");
        }
    }

    private async Task DrawAsync(CancellationToken done)
    {
        using Screen screen = new(console);
        using PeriodicTimer tick = new(PictureInterval, time);
        do
        {
            screen.Draw(board.Picture(screen.Width, screen.Height));
        }
        while (await TickAsync(tick, done));
    }

    private async Task WriteLinesAsync(CancellationToken done)
    {
        using PeriodicTimer tick = new(LineInterval, time);
        while (await TickAsync(tick, done))
        {
            WriteNews();
            WriteLine(board.Line());
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

    private void WriteNews()
    {
        IReadOnlyList<string> news = board.News;
        for (; _newsWritten < news.Count; _newsWritten++)
        {
            WriteLine(BoardLayout.Clean(news[_newsWritten]));
        }
    }

    private void WriteLine(string line)
    {
        try
        {
            Out.WriteLine(line);
        }
        catch (IOException)
        {
            // The terminal is closed, so no user can read the line.
        }
    }
}
