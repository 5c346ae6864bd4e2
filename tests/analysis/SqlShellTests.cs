using Game.Analysis.Results;
using Game.Analysis.Shell;

namespace Game.Analysis.Tests;

/// <summary>Statements from scripts and from a terminal.</summary>
public sealed class SqlShellTests : IAsyncLifetime
{
    private readonly TestWarehouse _warehouse = new();
    private readonly StringWriter _errors = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _errors.DisposeAsync();
        await _warehouse.DisposeAsync();
    }

    [Fact]
    public async Task A_blank_line_ends_no_statement()
        => (await RunAsync(isScript: true, "create table t as", "", "select 1 as i;", "insert into t", "  values (2), (3); from t", "order by i", ""))
            .ShouldBe((0, "i\n1\n2\n3\n"));

    [Fact]
    public async Task A_script_stops_at_its_first_mistake()
    {
        (await RunAsync(isScript: true, "select 1 as a;", "select nothing;", "select 2 as b;")).ShouldBe((1, "a\n1\n"));
        _errors.ToString().ShouldContain("nothing");
    }

    [Fact]
    public async Task A_script_whose_last_statement_is_wrong_fails()
    {
        (await RunAsync(isScript: true, "select 1 as a;", "select 'never ended;")).ShouldBe((1, "a\n1\n"));
        _errors.ToString().ShouldContain("unterminated");
    }

    [Fact]
    public async Task At_a_terminal_the_shell_continues_after_a_mistake()
        => (await RunAsync(isScript: false, "select nothing; select 1;", "select 2 as b; -- so it is", "exit", "select 3 as c;")).ShouldBe((0, "b\n2\n"));

    [Theory]
    [InlineData("select $1;", "parameters")]
    [InlineData("select $x;", "parameters")]
    [InlineData("select ?;", "parameters")]
    [InlineData("begin;", "transaction of its own")]
    [InlineData("commit;", "transaction of its own")]
    [InlineData("rollback;", "transaction of its own")]
    [InlineData("create or replace view alerts as select 1 as x;", "alerts is a view of the warehouse")]
    [InlineData("drop view logins;", "logins is a view of the warehouse")]
    [InlineData("alter view trades rename to t;", "trades is a view of the warehouse")]
    public async Task What_cannot_run_here_is_refused_in_one_sentence_and_the_tables_stay(string statement, string sentence)
    {
        (await RunAsync(isScript: false, "create temp table t as select 1 as a;", statement, "select a from t;", "exit")).ShouldBe((0, "a\n1\n"));
        _errors.ToString().Trim().Split('\n').ShouldHaveSingleItem().ShouldContain(sentence);
        _warehouse.Messages.ShouldBe(["Created."]);
    }

    [Fact]
    public async Task A_view_of_the_analysts_own_can_be_replaced_and_dropped()
    {
        string[] lines = ["create view mine as select 1 as a;", "create or replace view mine as select 2 as a;", "from mine;", "drop view mine;"];
        (await RunAsync(isScript: true, lines)).ShouldBe((0, "a\n2\n"));
    }

    [Fact]
    public async Task Control_characters_of_a_message_do_not_reach_the_terminal()
    {
        await RunAsync(isScript: true, "select (chr(27) || '[2J')::int from range(1);");
        _errors.ToString().ShouldContain(@"\u001b[2J");
        _errors.ToString().ShouldNotContain("\u001b");
    }

    private async Task<(int Code, string Shown)> RunAsync(bool isScript, params string[] lines)
    {
        using StringWriter text = new();
        using Lines input = new(isScript, lines);
        ResultWriter output = new(ResultForm.Csv, text, () => null, _warehouse.Messages.Add);
        SqlShell shell = new(await _warehouse.SessionAsync(), input, output, _errors, e => e.Message);
        int code = await shell.RunAsync(TestContext.Current.CancellationToken);
        return (code, text.ToString());
    }

    private sealed class Lines(bool isScript, string[] lines) : IShellInput
    {
        private int _next;

        public bool IsScript => isScript;

        public Task<(Typing End, string Text)> ReadLineAsync(string prompt, CancellationToken cancellation)
            => Task.FromResult(_next < lines.Length ? (Typing.Entered, lines[_next++]) : (Typing.Ended, ""));

        public Task RunInterruptiblyAsync(Func<CancellationToken, Task> work, CancellationToken cancellation) => work(cancellation);

        public void Dispose()
        {
            // There is nothing to release.
        }
    }
}
