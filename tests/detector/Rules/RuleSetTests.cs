using System.Text;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Rules;

public class RuleSetTests
{
    [Fact]
    public void Printed_rules_can_be_read()
    {
        RuleSet.TryParse(Encoding.UTF8.GetBytes(new RuleSet().ToJson()), out RuleSet rules, out string problem).ShouldBeTrue(problem);
        rules.ShouldBe(new RuleSet());
    }

    [Fact]
    public void A_version_depends_on_the_parameters_that_its_rule_uses()
    {
        RuleSet standard = new();
        RuleSet wealth = new() { WealthChange = new() { AlertScore = 0.7 } };
        RuleSet login = new() { IpChange = new() { DeviceWeight = 0.2 } };
        standard.IpChangeVersion.ShouldNotBe(standard.WealthChangeVersion);
        wealth.IpChangeVersion.ShouldBe(standard.IpChangeVersion);
        wealth.WealthChangeVersion.ShouldNotBe(standard.WealthChangeVersion);
        login.IpChangeVersion.ShouldNotBe(standard.IpChangeVersion);
        login.WealthChangeVersion.ShouldNotBe(standard.WealthChangeVersion);
        standard.IpChangeVersion.ShouldBe(new RuleSet().IpChangeVersion);
    }

    [Theory]
    [InlineData("""{"ip_change":{"alert_score":0.7}}""", "")]
    [InlineData("""{"ip_change":{"alert_score":1.5}}""", "ip_change.alert_score is 1.5, but must lie between 0 and 1.")]
    [InlineData("""{"ip_change":{"alert_scoer":0.7}}""", "alert_scoer")]
    [InlineData("""{"windows":null}""", "null")]
    [InlineData("""{"windows":{"half_life_days":0}}""", "windows.half_life_days")]
    [InlineData("""{"ip_change":{"failures_from":5}}""", "ip_change.failures_to")]
    [InlineData("[]", "are invalid")]
    [InlineData("{", "are invalid")]
    [InlineData("", "are invalid")]
    public void Any_text_gives_rules_or_one_sentence(string json, string expected)
    {
        bool read = RuleSet.TryParse(Encoding.UTF8.GetBytes(json), out _, out string problem);
        read.ShouldBe(expected.Length == 0);
        problem.ShouldContain(expected);
    }
}
