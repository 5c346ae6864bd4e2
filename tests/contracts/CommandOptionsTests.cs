using System.CommandLine;
using Game.CommandOptions;

namespace Game.Contracts.Tests;

public sealed class CommandOptionsTests
{
    private readonly Option<int> _count = NumberOption.Of("--count", "How many.", 7, -1, 10_000);
    private readonly Option<double> _rate = NumberOption.Of("--rate", "A second.", 1.5, 0.5, 2e6);
    private readonly Option<long?> _size = NumberOption.Optional("--size", "Bytes.", 1L, 1L << 40);
    private readonly Option<string> _servers = BootstrapServers.Option();

    [Theory]
    [InlineData("--count", "-1")]
    [InlineData("--count", "10000")]
    [InlineData("--rate", "0.5")]
    [InlineData("--rate", "2e6")]
    [InlineData("--size", "1099511627776")]
    public void A_number_on_its_bound_is_accepted(string option, string value) => Errors(option, value).ShouldBeEmpty();

    [Theory]
    [InlineData("--count", "-2", "a whole number between -1 and 10000")]
    [InlineData("--count", "10001", "a whole number between -1 and 10000")]
    [InlineData("--count", "99999999999", "a whole number between -1 and 10000")]
    [InlineData("--count", "1e3", "a whole number between -1 and 10000")]
    [InlineData("--count", "1.0", "a whole number between -1 and 10000")]
    [InlineData("--count", "1,000", "a whole number between -1 and 10000")]
    [InlineData("--count", "", "a whole number between -1 and 10000")]
    [InlineData("--rate", "NaN", "a number between 0.5 and 2000000")]
    [InlineData("--rate", "Infinity", "a number between 0.5 and 2000000")]
    [InlineData("--rate", "1,5", "a number between 0.5 and 2000000")]
    [InlineData("--rate", "0.4", "a number between 0.5 and 2000000")]
    [InlineData("--size", "0", "a whole number between 1 and 1099511627776")]
    public void Any_other_value_is_an_error_that_names_the_option_the_value_and_the_bounds(string option, string value, string expected)
        => Errors(option, value).ShouldBe([$"{option} is '{value}', but must be {expected}."]);

    [Fact]
    public void Values_are_read_and_missing_options_have_their_defaults()
    {
        ParseResult given = Parse("--count", "3", "--rate", "0.75", "--size", "4");
        (given.GetValue(_count), given.GetValue(_rate), given.GetValue(_size)).ShouldBe((3, 0.75, 4));
        ParseResult none = Parse();
        none.Errors.ShouldBeEmpty();
        (none.GetValue(_count), none.GetValue(_rate), none.GetValue(_size)).ShouldBe((7, 1.5, null));
    }

    [Fact]
    public void The_help_shows_the_bounds() => _rate.Description.ShouldBe("A second. 0.5 to 2000000.");

    [Theory]
    [InlineData("--count")]
    [InlineData("--count", "1", "--count", "2")]
    [InlineData("--bootstrap-server")]
    public void An_option_without_a_value_or_with_two_is_an_error(params string[] arguments) => Errors(arguments).ShouldNotBeEmpty();

    [Theory]
    [InlineData("broker:9092")]
    [InlineData("kafka_1.internal:1,10.0.0.1:65535")]
    [InlineData("a:1, b:2")]
    [InlineData("[2001:db8::1]:9092")]
    public void A_list_of_brokers_is_accepted(string list) => Errors("--bootstrap-server", list).ShouldBeEmpty();

    [Theory]
    [InlineData("", "")]
    [InlineData("here", "here")]
    [InlineData(":9092", ":9092")]
    [InlineData("a:", "a:")]
    [InlineData("a:0", "a:0")]
    [InlineData("a:65536", "a:65536")]
    [InlineData("a:+1", "a:+1")]
    [InlineData("a:1,", "")]
    [InlineData("a:1,b", "b")]
    [InlineData("a b:1", "a b:1")]
    [InlineData("http://a:1", "http://a:1")]
    [InlineData("2001:db8::1:9092", "2001:db8::1:9092")]
    public void Anything_else_is_an_error_that_names_the_wrong_address(string list, string wrong)
        => Errors("--bootstrap-server", list).ShouldBe([$"'{wrong}' is not the address of a broker: write it as HOST:PORT."]);

    [Theory]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData(",", false)]
    [InlineData(" , ,", false)]
    [InlineData("a", true)]
    [InlineData(",a", true)]
    public void A_list_without_an_entry_is_an_error_of_one_sentence(string list, bool isAccepted)
    {
        Option<string> names = new("--names") { DefaultValueFactory = _ => "" };
        ListOption.RefuseEmpty(names, ',');
        RootCommand command = new() { names };
        command.Parse([]).Errors.ShouldBeEmpty();
        string[] expected = isAccepted ? [] : [$"--names is '{list}', but must have at least one entry."];
        command.Parse(["--names", list]).Errors.Select(error => error.Message).ShouldBe(expected);
    }

    private ParseResult Parse(params string[] arguments) => new RootCommand { _count, _rate, _size, _servers }.Parse(arguments);

    private string[] Errors(params string[] arguments) => [.. Parse(arguments).Errors.Select(error => error.Message)];
}
