using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Architecture.Tests;

/// <summary>Which folders of the server must not depend on which: the rules of broker/README.md, checked on the compiled types.</summary>
public sealed class FolderArrowTests
{
    private static readonly ArchUnitNET.Domain.Architecture Broker = new ArchLoader().LoadAssemblies(
        System.Reflection.Assembly.Load("broker"),
        System.Reflection.Assembly.Load("Broker.Protocol"),
        System.Reflection.Assembly.Load("Broker.Storage"),
        System.Reflection.Assembly.Load("Broker.Coordination")).Build();

    /// <summary>Folder, and the folders it must not depend on.</summary>
    public static TheoryData<string, string[]> Forbidden => new()
    {
        { "Time", ["Network", "Apis", "Partitions", "Groups", "Controller", "Metadata", "Hosting"] },
        { "Config", ["Requests", "Network", "Apis", "Partitions", "Groups", "Controller", "Metadata", "Hosting"] },
        { "Requests", ["Network", "Apis", "Partitions", "Groups", "Controller", "Metadata", "Hosting"] },
        { "Security", ["Network", "Apis", "Partitions", "Groups", "Controller", "Metadata", "Hosting"] },
        { "Network", ["Apis", "Groups", "Controller", "Metadata", "Hosting"] },
        { "Partitions", ["Network", "Apis", "Groups", "Controller", "Hosting"] },
        { "Metadata", ["Network", "Apis", "Groups", "Partitions", "Hosting"] },
        { "Groups", ["Network", "Apis", "Hosting"] },
        { "Controller", ["Network", "Groups", "Hosting"] },
        { "Apis", ["Hosting"] },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void Folders_know_only_what_lies_below_them(string folder, string[] forbidden)
    {
        foreach (string other in forbidden)
        {
            NotKnowing(folder, other).Check(Broker);
        }
    }

    [Fact]
    public void The_rules_see_dependencies() => NotKnowing("Apis", "Requests").HasNoViolations(Broker).ShouldBeFalse();

    private static IArchRule NotKnowing(string folder, string other)
        => Types().That().ResideInNamespaceMatching($"^Broker\\.Server\\.{folder}($|\\.)").Should()
            .NotDependOnAny(Types().That().ResideInNamespaceMatching($"^Broker\\.Server\\.{other}($|\\.)")).Because($"{folder} lies below {other}");

    [Fact]
    public void Storage_and_protocol_know_nothing_of_the_server()
    {
        IArchRule rule = Types().That().ResideInNamespaceMatching("^Broker\\.(Protocol|Storage|Coordination)($|\\.)").Should()
            .NotDependOnAny(Types().That().ResideInNamespaceMatching("^Broker\\.Server($|\\.)"));
        rule.Check(Broker);
    }
}
