using Broker.Storage.Files;
using Broker.Storage.Indexes;
using CsCheck;

namespace Broker.Storage.Tests.Indexes;

public class IndexTests
{
    private readonly LogFolder _folder;

    public IndexTests() => _folder = NewFolder();

    private static LogFolder NewFolder()
    {
        InMemoryFileSystem disk = new();
        disk.CreateDirectory("/d");
        return new LogFolder(new HandleCache(disk, 10), "/d");
    }

    private static byte[] BytesOf(LogFolder folder, string name) => WholeFiles.Read(folder.Disk, folder.PathOf(name))!;

    [Fact]
    public void Entries_are_big_endian_and_relative_to_the_base()
    {
        OffsetIndex offsets = new(new CachedFile(_folder, "i"), 1000, exists: false);
        offsets.Append(1005, 4097);
        offsets.Seal();
        BytesOf(_folder, "i").ShouldBe([0, 0, 0, 5, 0, 0, 16, 1]);
        TimeIndex times = new(new CachedFile(_folder, "t"), 1000, exists: false);
        times.MaybeAppend(256, 1003);
        times.MaybeAppend(256, 1009);
        times.Seal();
        BytesOf(_folder, "t").ShouldBe([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3], "an equal timestamp gets no entry");
        TransactionIndex aborted = new(new CachedFile(_folder, "x"), exists: false);
        _folder.Disk.FileExists("/d/x").ShouldBeFalse();
        aborted.Append(new AbortedTransaction(1, 2, 3, 4));
        aborted.Seal();
        BytesOf(_folder, "x").ShouldBe([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4]);
    }

    [Fact]
    public void Lookups_find_the_last_entry_at_or_before_whether_in_memory_or_in_the_file()
        => Gen.Int[0, 3000].Select(Gen.Int[0, 20_000], Gen.Bool).Sample((count, target, reload) =>
        {
            LogFolder own = NewFolder();
            OffsetIndex index = new(new CachedFile(own, "i"), 7, exists: false);
            for (int i = 1; i <= count; i++)
            {
                index.Append(7 + (i * 5), i * 100);
            }
            if (reload)
            {
                index.Seal();
                index = new OffsetIndex(new CachedFile(own, "i"), 7, own.Disk.FileExists("/d/i"));
                index.Load(count * 8L).ShouldBeTrue();
            }
            index.Count.ShouldBe(count);
            index.PositionAtOrBefore(7 + target).ShouldBe(Math.Min(target / 5, count) * 100);
            index.OffsetBeyond(target, 0).ShouldBe(First(count, target) is { } i2 ? 7 + (i2 * 5) : null);
        }, iter: 300);

    private static int? First(int count, int position)
    {
        int first = Math.Max(1, (position + 99) / 100);
        return first <= count ? first : null;
    }

    [Fact]
    public void Times_are_found_by_time_and_cut_by_offset()
        => Gen.Int[0, 2000].Select(Gen.Int[0, 2500], Gen.Int[0, 2500]).Sample((count, target, cut) =>
        {
            TimeIndex times = new(new CachedFile(NewFolder(), "t"), 50, exists: false);
            for (int i = 1; i <= count; i++)
            {
                times.MaybeAppend(1000 + i, 50 + i);
            }
            int at = Math.Min(target, count);
            times.AtOrBefore(1000 + target).ShouldBe(at == 0 ? new TimestampOffset(-1, 50) : new TimestampOffset(1000 + at, 50 + at));
            times.TruncateTo(50 + cut);
            int left = Math.Clamp(cut - 1, 0, count);
            times.Count.ShouldBe(left);
            times.Last.ShouldBe(left == 0 ? new TimestampOffset(-1, 50) : new TimestampOffset(1000 + left, 50 + left));
            times.MaybeAppend(5000, 9000);
            times.Last.ShouldBe(new TimestampOffset(5000, 9000));
        }, iter: 200);

    [Fact]
    public void A_truncated_index_goes_on_where_it_was_cut()
        => Gen.Int[0, 1500].Select(Gen.Int[0, 1600], Gen.Int[0, 1500]).Sample((count, cut, more) =>
        {
            LogFolder own = NewFolder();
            OffsetIndex index = new(new CachedFile(own, "i"), 0, exists: false);
            for (int i = 1; i <= count; i++)
            {
                index.Append(i, i);
            }
            index.TruncateTo(cut);
            int left = Math.Clamp(cut - 1, 0, count);
            for (int i = 1; i <= more; i++)
            {
                index.Append(left + i, left + i);
            }
            index.Seal();
            index.Count.ShouldBe(left + more);
            byte[] bytes = own.Disk.FileExists("/d/i") ? BytesOf(own, "i") : [];
            bytes.Length.ShouldBe((left + more) * 8);
            for (int i = 0; i < left + more; i++)
            {
                System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(i * 8)).ShouldBe(i + 1);
            }
        }, iter: 150);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)]
    public void Preallocated_zeros_at_the_end_are_no_entries(int entries)
    {
        OffsetIndex index = new(new CachedFile(_folder, "i"), 0, exists: false);
        index.Create();
        for (int i = 1; i <= entries; i++)
        {
            index.Append(i, i);
        }
        index.Seal();
        using (IOpenFile file = _folder.Disk.Open("/d/i", FileOpen.Existing))
        {
            file.SetLength(10_485_760);
        }
        OffsetIndex loaded = new(new CachedFile(_folder, "i"), 0, exists: true);
        loaded.Load(10_485_760).ShouldBeTrue();
        loaded.Count.ShouldBe(entries);
        loaded.Append(entries + 1, 5);
        loaded.Seal();
        BytesOf(_folder, "i").Length.ShouldBe((entries + 1) * 8);
    }

    [Fact]
    public void A_length_that_is_no_multiple_and_entries_beyond_the_log_are_damage()
    {
        OffsetIndex index = new(new CachedFile(_folder, "i"), 0, exists: false);
        index.Append(5, 100);
        index.Seal();
        index.Load(8).ShouldBeTrue();
        index.Fits(101).ShouldBeTrue();
        index.Fits(100).ShouldBeFalse();
        new OffsetIndex(new CachedFile(_folder, "i"), 0, exists: true).Load(9).ShouldBeFalse();
    }

    [Fact]
    public void Aborted_transactions_are_collected_until_none_can_follow()
    {
        TransactionIndex aborted = new(new CachedFile(_folder, "x"), exists: false);
        aborted.Append(new AbortedTransaction(1, 0, 10, 11));
        aborted.Append(new AbortedTransaction(2, 5, 20, 21));
        aborted.Append(new AbortedTransaction(3, 30, 40, 41));
        List<AbortedTransaction> found = [];
        aborted.Collect(11, 21, found).ShouldBeTrue();
        found.Select(a => a.ProducerId).ShouldBe([2]);
        found.Clear();
        aborted.Collect(0, 100, found).ShouldBeFalse();
        found.Select(a => a.ProducerId).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void An_index_whose_disk_is_full_is_sparser_and_stays_right()
    {
        InMemoryFileSystem disk = new();
        disk.CreateDirectory("/d");
        LogFolder own = new(new HandleCache(disk, 10), "/d");
        OffsetIndex index = new(new CachedFile(own, "i"), 0, exists: false);
        disk.Capacity = 0;
        for (int i = 1; i <= 2000; i++)
        {
            index.Append(i, i);
        }
        index.Count.ShouldBe(512, "what memory holds");
        index.PositionAtOrBefore(400).ShouldBe(400);
        index.PositionAtOrBefore(2000).ShouldBe(512);
        disk.Capacity = long.MaxValue;
        index.Append(2001, 2001);
        index.PositionAtOrBefore(2001).ShouldBe(2001);
    }
}
