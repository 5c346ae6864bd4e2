namespace Peers.Tests.Requests;

/// <summary>
/// Sends the same odd requests to Apache Kafka 3.9 and to our broker: the answers are the same, field by field. To add a request, add a row to one of the
/// tables. Intended differences are in docs/compatibility.md and not here.
/// </summary>
public sealed class OddEndTests(BothBrokers both)
{
    private static readonly Dictionary<string, OddEnd> Table = new OddEnd[][]
    {
        [.. OddTopics.Rows], [.. OddSettings.Rows], [.. OddGroups.Rows], [.. OddPartitions.Rows], [.. OddCluster.Rows], [.. OddController.Rows],
    }.SelectMany(rows => rows).ToDictionary(row => row.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Both_brokers_give_the_same_answer(string name)
    {
        (string theirs, string ours) = await both.AddressesAsync();
        string difference = AnswerText.Difference(await Table[name].AskAsync(theirs), await Table[name].AskAsync(ours));
        difference.ShouldBeEmpty($"{name}\n{difference}\n");
    }
}
