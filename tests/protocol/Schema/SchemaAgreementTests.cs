using System.Text.Json;

namespace Broker.Protocol.Tests.Schema;

/// <summary>Our schemas against Kafka 3.9's own, field by field, where those are at hand.</summary>
public sealed class SchemaAgreementTests
{
    private static readonly string[] Folders = ["", "group-coordinator", "transaction-coordinator"];

    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip };

    public static TheoryData<string> Files =>
        [.. typeof(SchemaAgreementTests).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("schema/",
        StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryFieldIsAsInKafka(string file)
    {
        string reference = FindReference();
        using Stream stream = typeof(SchemaAgreementTests).Assembly.GetManifestResourceStream(file)!;
        JsonElement ours = JsonDocument.Parse(stream).RootElement;
        if (ours.TryGetProperty("record", out JsonElement record))
        {
            Compare(reference, record.GetString()!, ours, ours, key: null);
            return;
        }

        string api = ours.GetProperty("api").GetString()!;
        int key = (int)Enum.Parse<ApiKey>(api);
        Compare(reference, api + "Request", ours, ours.GetProperty("request"), key);
        Compare(reference, api + "Response", ours, ours.GetProperty("response"), key);
    }

    private static void Compare(string reference, string name, JsonElement head, JsonElement body, int? key)
    {
        string path = Folders.Select(f => Path.Combine(reference, f, name + ".json")).First(File.Exists);
        JsonElement kafkas = JsonDocument.Parse(File.ReadAllText(path), WithComments).RootElement;
        if (key is not null)
        {
            kafkas.GetProperty("apiKey").GetInt32().ShouldBe(key.Value);
        }
        string flexible = head.TryGetProperty("flexible", out JsonElement range) ? range.GetString()! : "none";
        IReadOnlyList<string> actual = FlatSchema.Of(SchemaDialect.Ours, body, head.GetProperty("versions").GetString()!, flexible);
        IReadOnlyList<string> expected = FlatSchema.Of(
            SchemaDialect.Kafkas, kafkas, kafkas.GetProperty("validVersions").GetString()!, kafkas.GetProperty("flexibleVersions").GetString()!);
        string.Join('\n', actual).ShouldBe(string.Join('\n', expected), name);
    }

    private static string FindReference()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("KAFKA_REFERENCE") ?? Path.Combine(RepositoryRoot(), "..", "shared", "kafka"),
            "messages-3.x");
        if (!Directory.Exists(folder))
        {
            Assert.Skip("Kafka's schemas are not here; KAFKA_REFERENCE names the folder that holds messages-3.x");
        }
        return folder;
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Game.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder ?? AppContext.BaseDirectory;
    }
}
