using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>Which project may reference which, compared with the project files. This is the only list of all references between projects.</summary>
public sealed class ProjectArrowTests
{
    /// <summary>Project → what it references. No project references both applications and the broker: these communicate only over the network.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["broker/Protocol.Generator"] = [],
        ["broker/Protocol"] = ["broker/Protocol.Generator"],
        ["broker/Storage"] = ["broker/Protocol"],
        ["broker/Coordination"] = [],
        ["broker/Server"] = ["broker/Protocol", "broker/Storage", "broker/Coordination"],
        ["contracts"] = [],
        ["contracts/CommandOptions"] = [],
        ["game-server"] = ["contracts", "contracts/CommandOptions"],
        ["detector/Engine"] = ["contracts"],
        ["detector/Benchmarks"] = ["detector/Engine", "contracts"],
        ["detector"] = ["contracts", "contracts/CommandOptions", "detector/Engine"],
        ["hdfs-sink/WebHdfs"] = [],
        ["hdfs-sink/LocalServer"] = ["contracts/CommandOptions"],
        ["hdfs-sink/Sink"] = ["contracts", "contracts/CommandOptions", "hdfs-sink/WebHdfs"],
        ["demo/Worlds"] = ["contracts"],
        ["demo/Simulator"] = ["contracts", "demo/Worlds"],
        ["analysis"] = ["contracts", "detector/Engine", "hdfs-sink/WebHdfs"],
        ["demo/Game"] =
        [
            "analysis", "contracts", "contracts/CommandOptions", "demo/Simulator", "demo/Worlds", "detector/Engine", "hdfs-sink/LocalServer",
            "hdfs-sink/WebHdfs",
        ],
    };

    [Fact]
    public void Every_project_references_what_its_arrows_allow()
    {
        foreach (string file in SourceTree.Projects())
        {
            string project = Name(file);
            Arrows.ShouldContainKey(project, $"{project} has no line in the table of arrows");
            string[] references =
                [.. XDocument.Load(file).Descendants("ProjectReference").Select(reference => Name(Path.GetFullPath(reference.Attribute("Include")!.Value,
                Path.GetDirectoryName(file)!)))];
            references.Except(Arrows[project]).ShouldBeEmpty($"{project} references what it may not");
        }
    }

    [Fact]
    public void Applications_reach_the_broker_through_the_Kafka_client_only()
    {
        string[] applications = [.. Arrows.Keys.Where(project => !project.StartsWith("broker/", StringComparison.Ordinal))];
        foreach (string application in applications)
        {
            Reachable(application).ShouldAllBe(project => !project.StartsWith("broker/", StringComparison.Ordinal));
        }
        SourceTree.Projects().Where(file => Name(file).StartsWith("broker/",
            StringComparison.Ordinal)).ShouldAllBe(file => !File.ReadAllText(file).Contains("Confluent.Kafka"));
    }

    [Fact]
    public void No_code_outside_the_broker_names_its_namespaces()
    {
        foreach (string source in SourceTree.Product().Where(path => !path.Contains("/broker/", StringComparison.Ordinal)))
        {
            File.ReadLines(source).ShouldAllBe(line => !line.StartsWith("using Broker.", StringComparison.Ordinal), source);
        }
    }

    [Fact]
    public void Protocol_opens_no_socket_and_no_file_and_reads_no_clock()
    {
        string[] forbidden = ["System.Net.Sockets", "System.IO.File", "File.Open", "DateTime.UtcNow", "DateTimeOffset.UtcNow", "Stopwatch.", "TimeProvider"];
        foreach (string source in SourceTree.Product().Where(path => path.Contains("/broker/Protocol/", StringComparison.Ordinal)))
        {
            string text = File.ReadAllText(source);
            foreach (string word in forbidden)
            {
                text.ShouldNotContain(word, Case.Sensitive, source);
            }
        }
    }

    private static IEnumerable<string> Reachable(string project) => Arrows[project].Concat(Arrows[project].SelectMany(Reachable));

    private static string Name(string file) => Path.GetRelativePath(SourceTree.Root, Path.GetDirectoryName(file)!).Replace('\\', '/');
}
