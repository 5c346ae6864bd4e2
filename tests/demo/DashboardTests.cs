using System.Text;
using Game.Cli.Display;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Game.Demo.Tests;

public sealed class DashboardTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_display_that_fails_reports_it_and_the_work_continues(bool isTerminal)
    {
        TickingTime time = new();
        Output output = new(isTerminal);
        bool done = false;
        await new Dashboard(Console(output), new Board(() => throw new InvalidOperationException("Source has been modified.")), time).ShowWhileAsync(async () =>
        {
            await output.WroteAsync("The display stopped (Source has been modified); the work continues.", time);
            done = true;
        });
        done.ShouldBeTrue();
        if (isTerminal)
        {
            output.Text.ShouldContain("\e[?1049l", customMessage: "the first screen is back");
        }
    }

    [Fact]
    public async Task An_exception_of_the_work_is_thrown()
    {
        Dashboard dashboard = new(Console(new Output(isTerminal: true)), new Board(() => throw new InvalidOperationException("the display")),
            TimeProvider.System);
        (await Should.ThrowAsync<NotSupportedException>(dashboard.ShowWhileAsync(() => throw new NotSupportedException("the work")))).Message.ShouldBe(
            "the work");
    }

    [Fact]
    public async Task A_closed_terminal_does_not_stop_the_work()
    {
        Output output = new(isTerminal: true) { IsClosed = true };
        bool done = false;
        await new Dashboard(Console(output), new Board(() => "a"), TimeProvider.System).ShowWhileAsync(() =>
        {
            done = true;
            return Task.CompletedTask;
        });
        done.ShouldBeTrue();
    }

    [Fact]
    public async Task A_terminal_gets_a_picture_on_its_second_screen_and_the_news_afterwards_on_the_first()
    {
        Output output = new(isTerminal: true);
        await new Dashboard(Console(output), new Board(() => "the picture"), TimeProvider.System).ShowWhileAsync(() => Task.CompletedTask);
        output.Text.ShouldStartWith("\e[?1049h");
        output.Text.ShouldContain("the picture");
        output.Text.ShouldEndWith("\e[?1049l" + "it rained\n");
    }

    [Fact]
    public async Task A_pipe_gets_lines_without_control_characters()
    {
        TickingTime time = new();
        Output output = new(isTerminal: false);
        await new Dashboard(Console(output), new Board(() => "a line"), time).ShowWhileAsync(() => output.WroteAsync("a line\na line\n", time));
        output.Text.ShouldStartWith("it rained\na line\na line\n");
        output.Text.ShouldNotContain('\e');
    }

    private static IAnsiConsole Console(Output output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Out = output });
        return console;
    }

    private sealed class Board(Func<string> text) : IBoard
    {
        public IReadOnlyList<string> News => ["it rained"];

        public IEnumerable<SegmentLine> Picture(int width, int height) => [[], BoardLayout.Line(BoardLayout.Fit(text(), width), BoardLayout.Good)];

        public string Line() => text();
    }

    /// <summary>A terminal or a pipe that keeps the written text.</summary>
    private sealed class Output : IAnsiConsoleOutput
    {
        private readonly Keeper _keeper;

        public Output(bool isTerminal)
        {
            IsTerminal = isTerminal;
            _keeper = new Keeper(this);
        }

        public TextWriter Writer => _keeper;

        public bool IsTerminal { get; }

        public bool IsClosed { get; init; }

        public int Width => 80;

        public int Height => 24;

        public string Text => _keeper.Text;

        public void SetEncoding(Encoding encoding)
        {
            // The text is kept unchanged.
        }

        /// <summary>Steps the clock until the text was written.</summary>
        public async Task WroteAsync(string text, TickingTime time)
        {
            while (!Text.Contains(text, StringComparison.Ordinal))
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                time.Tick();
                await Task.Yield();
            }
        }

        private sealed class Keeper(Output output) : StringWriter
        {
            private readonly Lock _gate = new();

            public string Text
            {
                get
                {
                    lock (_gate)
                    {
                        return ToString();
                    }
                }
            }

            public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

            public override void Write(string? value)
            {
                if (output.IsClosed)
                {
                    throw new IOException("Input/output error");
                }

                lock (_gate)
                {
                    base.Write(value);
                }
            }

            public override void WriteLine(string? value) => Write(value + "\n");
        }
    }

    /// <summary>A clock whose timers fire when the test calls Tick.</summary>
    private sealed class TickingTime : TimeProvider
    {
        private readonly List<(TimerCallback Callback, object? State)> _timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_timers)
            {
                _timers.Add((callback, state));
            }

            return new Fired();
        }

        public void Tick()
        {
            (TimerCallback Callback, object? State)[] timers;
            lock (_timers)
            {
                timers = [.. _timers];
            }

            foreach ((TimerCallback callback, object? state) in timers)
            {
                callback(state);
            }
        }

        private sealed class Fired : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
                // Tick still calls the callback of a disposed timer, which does nothing then.
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
