using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>In no project do folders use each other in a circle: a type that two folders need is in a folder below both.</summary>
public sealed class FolderCircleTests
{
    /// <summary>Assembly and root namespace of every project of the product, read from the project files.</summary>
    public static TheoryData<string, string> Projects
    {
        get
        {
            TheoryData<string, string> projects = [];
            foreach (XDocument project in SourceTree.Projects().Select(XDocument.Load))
            {
                projects.Add(Property(project, "AssemblyName"), Property(project, "RootNamespace"));
            }
            return projects;
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_form_no_circle(string assembly, string rootNamespace)
        => FolderGraph.Of(System.Reflection.Assembly.Load(assembly), rootNamespace).Circles().ShouldBeEmpty();

    [Fact]
    public void The_graph_sees_arrows() => FolderGraph.Of(System.Reflection.Assembly.Load("broker"), "Broker.Server").Arrows.ShouldBeGreaterThan(50);

    private static string Property(XDocument project, string name) => project.Descendants(name).Single().Value;
}
