using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Broker.Protocol.Tests.Generator;

/// <summary>A broken schema is a compiler error at its line, and makes no code.</summary>
public sealed class SchemaErrorTests
{
    [Theory]
    [InlineData("PROTO001", 3, "is missing", """{ "record": "Foo",\n "versions": "0"\n "fields": [] }""")]
    [InlineData("PROTO001", 2, "ends too early", """{ "record": "Foo",\n""")]
    [InlineData("PROTO001", 2, "given twice", """{ "record": "Foo",\n "record": "Foo", "versions": "0", "fields": [] }""")]
    [InlineData("PROTO001", 1, "may follow", """{} {}""")]
    [InlineData("PROTO002", 1, "an object", """[]""")]
    [InlineData("PROTO002", 2, "'feilds' is not one of", """{ "record": "Foo", "versions": "0",\n "feilds": [] }""")]
    [InlineData("PROTO002", 1, "'fields' is missing", """{ "record": "Foo", "versions": "0" }""")]
    [InlineData("PROTO002", 1, "'response' is missing", """{ "api": "Foo", "versions": "0", "request": { "fields": [] } }""")]
    [InlineData("PROTO002", 2, "'type' is missing", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A" } ] }""")]
    [InlineData("PROTO002", 2, "true or false", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int32", "ignorable": 1 } ] }""")]
    [InlineData("PROTO003", 1, "have an end", """{ "record": "Foo", "versions": "0+", "fields": [] }""")]
    [InlineData("PROTO003", 2, "is a range", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int32", "in": "2-1" } ] }""")]
    [InlineData("PROTO003", 2, "in no version", """{ "record": "Foo", "versions": "0-3", "fields": [\n { "name": "A", "type": "int32", "in": "4+" } ] }""")]
    [InlineData("PROTO003", 2, "only where it is absent",
        """{ "record": "Foo", "versions": "0-3", "fields": [\n { "name": "A", "type": "string", "in": "0-1", "null": "2+" } ] }""")]
    [InlineData("PROTO004", 2, "neither a type nor a structure", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int31" } ] }""")]
    [InlineData("PROTO004", 2, "never null", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int32", "null": "0+" } ] }""")]
    [InlineData("PROTO004", 2, "not provided for", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "bool[]" } ] }""")]
    [InlineData("PROTO004", 2, "records stand in",
        """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "records", "null": "0+" } ] }""")]
    [InlineData("PROTO004", 2, "holds itself",
        """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "B[]", "of": [ { "name": "C", "type": "B[]" } ] } ] }""")]
    [InlineData("PROTO004", 2, "no field is a 'B'", """{ "record": "Foo", "versions": "0", "fields": [],\n "structs": { "B": [] } }""")]
    [InlineData("PROTO004", 2, "has fields of its own", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int32", "of": [] } ] }""")]
    [InlineData("PROTO005", 3, "is taken",
        """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int32" },\n { "name": "A", "type": "int32" } ] }""")]
    [InlineData("PROTO005", 2, "starts with a capital", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "a", "type": "int32" } ] }""")]
    [InlineData("PROTO005", 2, "structure and something else",
        """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "B[]", "of": [ { "name": "D", "type": "D[]", "of": [ { "name": "C", "type": "int32" } ] } ] } ] }""")]
    [InlineData("PROTO005", 1, "describes something else", """{ "record": "Bar", "versions": "0", "fields": [] }""")]
    [InlineData("PROTO006", 2, "not flexible",
        """{ "record": "Foo", "versions": "0-2", "flexible": "2+", "fields": [\n { "name": "A", "type": "int32", "tag": 0 } ] }""")]
    [InlineData("PROTO006", 3, "tag 0 is taken",
        """{ "record": "Foo", "versions": "0", "flexible": "0+", "fields": [\n { "name": "A", "type": "int32", "tag": 0 },\n { "name": "B", "type": "int32", "tag": 0 } ] }""")]
    [InlineData("PROTO006", 2, "from 0 to 999",
        """{ "record": "Foo", "versions": "0", "flexible": "0+", "fields": [\n { "name": "A", "type": "int32", "tag": -1 } ] }""")]
    [InlineData("PROTO007", 2, "no value", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "int8", "default": 200 } ] }""")]
    [InlineData("PROTO007", 2, "no value", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "string", "default": null } ] }""")]
    [InlineData("PROTO007", 2, "no value", """{ "record": "Foo", "versions": "0", "fields": [\n { "name": "A", "type": "bool", "default": "true" } ] }""")]
    public void IsReportedAtItsLine(string id, int line, string fragment, string schema)
    {
        GeneratorDriverRunResult result = SchemaDriver.Run(schema.Replace("\\n", "\n", StringComparison.Ordinal));
        Diagnostic diagnostic = result.Diagnostics.First(d => d.Id == id);
        diagnostic.Severity.ShouldBe(DiagnosticSeverity.Error);
        diagnostic.GetMessage().ShouldContain(fragment);
        diagnostic.Location.GetLineSpan().Path.ShouldEndWith("Foo.json");
        (diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1).ShouldBe(line);
        result.GeneratedTrees.ShouldBeEmpty();
    }

    [Fact]
    public void AStructureThatCouldOutgrowTheMemoryRuleIsReported()
    {
        string fields = string.Join(", ", Enumerable.Range(0, 40).Select(i => $$"""{ "name": "F{{i}}", "type": "int64", "in": "1+" }"""));
        string schema = $$"""{ "record": "Foo", "versions": "0-1", "flexible": "0+", "fields": [ { "name": "A", "type": "B[]", "of": [ {{fields}} ] } ] }""";
        SchemaDriver.Run(schema).Diagnostics.ShouldHaveSingleItem().Id.ShouldBe("PROTO008");
    }

    [Fact]
    public void ASoundSchemaMakesAClassAndTheTable()
    {
        GeneratorDriverRunResult result =
            SchemaDriver.Run("""{ "api": "Foo", "versions": "0-1", "request": { "fields": [] }, "response": { "fields": [] } }""");
        result.Diagnostics.ShouldBeEmpty();
        result.GeneratedTrees.Select(t => Path.GetFileName(t.FilePath)).ShouldBe(["FooRequest.g.cs", "FooResponse.g.cs", "ApiVersionTable.g.cs"]);
    }

    [Fact]
    public void AChangeOfOneSchemaLeavesTheOthersAlone()
    {
        ImmutableArray<IncrementalStepRunReason> reasons = SchemaDriver.ReasonsAfterChange(
            new SchemaDriver.SchemaText("Foo", """{ "record": "Foo", "versions": "0", "fields": [] }"""),
            new SchemaDriver.SchemaText("Bar", """{ "record": "Bar", "versions": "0", "fields": [] }"""),
            changed: """{ "record": "Bar", "versions": "0-1", "fields": [] }""");
        reasons.Order().ShouldBe([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached]);
    }
}
