using System.CommandLine;
using Game.Cli.Verbs;

namespace Game.Demo.Tests;

/// <summary>What the verbs that start a system accept.</summary>
public sealed class OptionTests
{
    private const string Outside = "--bootstrap-server 127.0.0.1:9";

    public static TheoryData<string> Verbs => ["demo", "up"];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Brokers_from_outside_are_accepted(string verb) => Errors(verb, Outside).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_cluster_is_accepted(string verb) => Errors(verb, "--cluster").ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Brokers_from_outside_and_a_cluster_are_refused(string verb)
        => Errors(verb, $"--cluster {Outside}").ShouldHaveSingleItem().ShouldContain("--cluster");

    private static IEnumerable<string> Errors(string verb, string arguments)
        => (verb == "demo" ? DemoVerb.Create() : UpVerb.Create()).Parse(arguments).Errors.Select(error => error.Message);
}
