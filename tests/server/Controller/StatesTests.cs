using Broker.Server.Controller;

namespace Broker.Server.Tests.Controller;

/// <summary>Every pair of states, against the arrows written as a picture.</summary>
public sealed class StatesTests
{
    // Rows: from. Columns: to, in the same order. x: allowed.
    private const string Partitions =
        """
                    NonExistent New Online Offline
        NonExistent .           x   .      .
        New         .           .   x      x
        Online      .           .   x      x
        Offline     x           .   x      x
        """;

    private const string Replicas =
        """
                           NonExistent New Online Offline DeletionStarted DeletionSuccessful DeletionIneligible
        NonExistent        .           x   .      .       .               .                  .
        New                .           .   x      x       .               .                  .
        Online             .           .   x      x       .               .                  .
        Offline            .           .   x      x       x               .                  x
        DeletionStarted    .           .   .      .       .               x                  x
        DeletionSuccessful x           .   .      .       .               .                  .
        DeletionIneligible .           .   x      x       .               .                  .
        """;

    [Fact]
    public void Partitions_follow_their_arrows() => Check<PartitionStatus>(Partitions, States.IsAllowed);

    [Fact]
    public void Replicas_follow_their_arrows() => Check<ReplicaState>(Replicas, States.IsAllowed);

    private static void Check<T>(string picture, Func<T, T, bool> isAllowed)
        where T : struct, Enum
    {
        string[] lines = picture.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        T[] columns = Words(lines[0]).Select(Enum.Parse<T>).ToArray();
        columns.ShouldBe(Enum.GetValues<T>());
        foreach (string[] row in lines[1..].Select(Words))
        {
            for (int i = 0; i < columns.Length; i++)
            {
                isAllowed(Enum.Parse<T>(row[0]), columns[i]).ShouldBe(row[i + 1] == "x", $"{row[0]} to {columns[i]}");
            }
        }
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
