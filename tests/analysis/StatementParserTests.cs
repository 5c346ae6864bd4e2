using DuckDB.NET.Data;
using Game.Analysis.Sql;

namespace Game.Analysis.Tests;

/// <summary>The parser finds where a statement ends.</summary>
public sealed class StatementParserTests : IDisposable
{
    private readonly DuckDBConnection _database = new("DataSource=:memory:");

    public StatementParserTests() => _database.Open();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData("select 1", "select 1")]
    [InlineData("select 1;", "select 1")]
    [InlineData("select 1\n\n;select 2", "select 1|select 2")]
    [InlineData(";;select 1;;", "select 1")]
    [InlineData("select ';'; select 2", "select ';'|select 2")]
    [InlineData("select 'it''s; one'; select 2", "select 'it''s; one'|select 2")]
    [InlineData("select E'a\\';b'; select 2", "select E'a\\';b'|select 2")]
    [InlineData("select \"a;b\" from (select 1 as \"a;b\"); select 2", "select \"a;b\" from (select 1 as \"a;b\")|select 2")]
    [InlineData("select $$a;b$$; select 2", "select $$a;b$$|select 2")]
    [InlineData("select $x$a;$$b$x$; select 2", "select $x$a;$$b$x$|select 2")]
    [InlineData("select 1 -- not; here\n; select 2", "select 1 -- not; here|select 2")]
    [InlineData("-- select 0;\nselect 1;", "-- select 0;\nselect 1")]
    [InlineData("select /* a; */ 1; -- done;", "select /* a; */ 1")]
    [InlineData("select 1 as end_of_input; select 2", "select 1 as end_of_input|select 2")]
    [InlineData("create macro m(a) as a + 1; select m(1)", "create macro m(a) as a + 1|select m(1)")]
    public void A_semicolon_outside_of_quotes_and_comments_ends_a_statement(string text, string statements)
        => StatementParser.Split(_database, text).Select(one => one.Trim()).ShouldBe(statements.Split('|'));

    [Theory]
    [InlineData("selec 1; select 2", "selec 1")]
    [InlineData("select (1; select 2", "select (1")]
    [InlineData("select 1 from; select 2", "select 1 from")]
    [InlineData("selec unterminated; select 2", "selec unterminated")]
    public void A_statement_with_a_syntax_error_also_ends(string text, string first)
    {
        string rest = text;
        StatementParser.TryRemoveFirst(_database, ref rest, out string? statement).ShouldBeTrue();
        (statement, rest).ShouldBe((first, " select 2"));
    }

    [Theory]
    [InlineData("select 'a;")]
    [InlineData("select \"a;")]
    [InlineData("select $$a;")]
    [InlineData("select /* a;")]
    [InlineData("select -- a;")]
    [InlineData("select 1")]
    public void A_statement_without_its_semicolon_has_not_ended(string text)
    {
        string rest = text;
        StatementParser.TryRemoveFirst(_database, ref rest, out _).ShouldBeFalse();
        rest.ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n-- nothing; at all\n/* nor here */")]
    [InlineData(";;")]
    public void A_text_without_a_statement_is_refused(string text)
        => Should.Throw<UserErrorException>(() => StatementParser.Split(_database, text)).Message.ShouldBe("The text holds no SQL statement.");
}
