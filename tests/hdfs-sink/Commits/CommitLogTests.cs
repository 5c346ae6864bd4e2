using CsCheck;
using Game.HdfsSink.Commits;

namespace Game.HdfsSink.Tests.Commits;

public sealed class CommitLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Chains of small and large ranges, whose positions have any number of digits; the log may end anywhere.</summary>
    [Fact]
    public void TheNewestManifestIsFoundWhereverTheLogEnds() =>
        Gen.Select(Gen.OneOf(Gen.Long[1, 3], Gen.Long[1, 2_000], Gen.Long[1, 1_000_000_000_000]).Array[0, 40], Gen.Double[0, 1.2]).Sample((steps, where) =>
        {
            MemoryHdfs hdfs = new();
            long[] claims = [.. Claims(hdfs, steps)];
            long end = claims.Length == 0 ? 5 : (long)(claims[^1] * where);
            Manifest? newest = Log(hdfs).FindNewestAsync(end, Token).GetAwaiter().GetResult();
            newest?.First.ShouldBe(claims.Where(first => first <= end).Max());
            (newest is null).ShouldBe(claims.Length == 0);
        }, iter: 300, threads: 1);

    /// <summary>A start lists only a few pages, even after ten years of commits.</summary>
    [Fact]
    public async Task TheNewestOfManyIsFoundInFewPages()
    {
        MemoryHdfs hdfs = new();
        long[] claims = [.. Claims(hdfs, [.. Enumerable.Repeat(100L, 20_000)])];
        int before = hdfs.Pages;
        (await Log(hdfs).FindNewestAsync(claims[^1] + 7_000, Token))!.First.ShouldBe(claims[^1]);
        (hdfs.Pages - before).ShouldBeLessThan(40);
    }

    private static CommitLog Log(MemoryHdfs hdfs) =>
        new(hdfs, new Warehouse(World.Root, World.Topic), World.Partition, new SemaphoreSlim(1), warning => throw new InvalidOperationException(warning));

    private static IEnumerable<long> Claims(MemoryHdfs hdfs, long[] steps)
    {
        Warehouse warehouse = new(World.Root, World.Topic);
        long first = 0;
        foreach (long step in steps)
        {
            Manifest manifest = new()
            {
                CommitId = Guid.Empty, Topic = World.Topic, TopicId = "", Partition = World.Partition, First = first, Next = first + step, Rows = 0,
                CommittedAt = 0, Files = [],
            };
            hdfs.CreateAsync(warehouse.Claim(World.Partition, first), new MemoryStream(manifest.ToJson())).GetAwaiter().GetResult();
            yield return first;
            first += step;
        }
    }
}
