using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>The files that the documents name exist, and in the byte maps also the members that follow a file.</summary>
public sealed partial class DocumentTests
{
    /// <summary>A document, and the folder that its paths begin at.</summary>
    public static TheoryData<string, string> Documents => new()
    {
        { "README.md", "" },
        { "CONTRIBUTING.md", "" },
        { "docs/way-of-an-event.md", "" },
        { "broker/README.md", "broker/Server" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_file_that_is_named_exists(string document, string folder)
        => Named(document).Select(file => file.Path).Where(path => Find(path, folder) is null).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Documents))]
    public void Members_that_are_named_with_a_file_are_in_it(string document, string folder)
    {
        foreach ((string path, string[] members) in Named(document))
        {
            string text = members.Length == 0 ? "" : File.ReadAllText(Find(path, folder)!);
            members.Where(member => !Contains(text, member)).ShouldBeEmpty($"{document} names {path}");
        }
    }

    [Fact]
    public void The_byte_maps_name_files_and_members()
    {
        Named("docs/way-of-an-event.md").Count().ShouldBeGreaterThan(30);
        Named("docs/way-of-an-event.md").Count(file => file.Members.Length > 0).ShouldBeGreaterThan(20);
        Named("broker/README.md").Count().ShouldBeGreaterThan(20);
    }

    /// <summary>Files in backticks, each with the members that follow it in parentheses: <c>`a/B.cs` (`C`, `D`)</c>, or <c>(`a/B.cs`, `C`)</c>.</summary>
    private static IEnumerable<(string Path, string[] Members)> Named(string document)
        => FileAndMembers().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, document)))
            .Select(match => (match.Groups["path"].Value, match.Groups["member"].Captures.Select(capture => capture.Value).ToArray()));

    /// <summary>The file, whether the path begins at the root, at the document's folder or at one of the projects beside it.</summary>
    private static string? Find(string path, string folder)
    {
        string[] starts = ["", folder, folder + "/Network", Path.GetDirectoryName(folder) ?? ""];
        return starts.Select(start => Path.Combine(SourceTree.Root, start, path)).FirstOrDefault(File.Exists);
    }

    /// <summary>Whether the name stands in the text as a whole word.</summary>
    private static bool Contains(string text, string name) => Regex.IsMatch(text, $@"\b{name}\b", RegexOptions.None, TimeSpan.FromSeconds(1));

    [GeneratedRegex(
        @"`(?<path>[\w./-]+\.(cs|csproj|md|props|targets|json))`((\s+\(|,\s+)`(?<member>[A-Z]\w+)`(,\s+`(?<member>[A-Z]\w+)`)*\))?",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileAndMembers();
}
