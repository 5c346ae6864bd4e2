namespace Game.HdfsSink.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--rotate-rows", "abc")]
    [InlineData("--rotate-rows", "0")]
    [InlineData("--rotate-rows", "99999999999")]
    [InlineData("--rotate-bytes", "-1")]
    [InlineData("--rotate-seconds", "NaN")]
    [InlineData("--rotate-seconds", "Infinity")]
    [InlineData("--memory-bytes", "1")]
    [InlineData("--parallel-uploads", "1e3")]
    [InlineData("--partitions", "abc")]
    [InlineData("--partitions", "0")]
    public void A_number_that_is_malformed_or_out_of_bounds_gives_one_sentence(string option, string value) =>
        Errors(option, value).ShouldHaveSingleItem().ShouldMatch($"^{option} is '{value}', but must be a (whole )?number between ");

    [Theory]
    [InlineData("--partitions")]
    [InlineData("--bootstrap-server", "here")]
    [InlineData("--topics", "nonsense")]
    [InlineData("--topics", "")]
    [InlineData("--topics", ",")]
    [InlineData("--topics", " , ,")]
    [InlineData("--urls", ";")]
    [InlineData("--group", " ")]
    [InlineData("--user")]
    [InlineData("--warehouse", "here")]
    [InlineData("--warehouse", "/")]
    [InlineData("--webhdfs", "ftp://x")]
    [InlineData("--webhdfs", "")]
    public void Other_wrong_arguments_give_an_error(params string[] arguments) => Errors(arguments).ShouldNotBeEmpty();

    [Fact]
    public void Good_values_are_accepted() => Errors("--rotate-rows", "1", "--rotate-seconds", "0.5", "--partitions", "12").ShouldBeEmpty();

    private static IReadOnlyList<string> Errors(params string[] arguments)
    {
        string[] needed = arguments.Contains("--webhdfs") ? ["--bootstrap-server", "b:1"] : ["--bootstrap-server", "b:1", "--webhdfs", "http://h:1"];
        return [.. new CommandLine((_, _, _) => Task.FromResult(0)).Command.Parse([.. needed, .. arguments]).Errors.Select(error => error.Message)];
    }
}
