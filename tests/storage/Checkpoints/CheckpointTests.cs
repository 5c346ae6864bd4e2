using System.Text;
using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using CsCheck;

namespace Broker.Storage.Tests.Checkpoints;

public class CheckpointTests
{
    private static InMemoryFileSystem DiskWith(string text)
    {
        InMemoryFileSystem disk = new();
        disk.CreateDirectory("/d");
        WholeFiles.Replace(disk, "/d/f", Encoding.UTF8.GetBytes(text), durable: true);
        return disk;
    }

    private static string TextOf(InMemoryFileSystem disk) => Encoding.UTF8.GetString(WholeFiles.Read(disk, "/d/f")!);

    [Fact]
    public void Offsets_are_written_as_Kafka_writes_them_and_read_back()
    {
        InMemoryFileSystem disk = DiskWith("");
        Dictionary<TopicPartition, long> offsets = new() { [new("a", 0)] = 12, [new("b-c.d", 11)] = long.MaxValue };
        OffsetCheckpoint.Write(disk, "/d/f", offsets);
        TextOf(disk).ShouldBe("0\n2\na 0 12\nb-c.d 11 9223372036854775807\n");
        OffsetCheckpoint.Read(disk, "/d/f").ShouldBe(offsets);
    }

    [Fact]
    public void A_missing_or_empty_checkpoint_has_no_entries()
    {
        OffsetCheckpoint.Read(DiskWith(""), "/d/f").ShouldBeEmpty();
        OffsetCheckpoint.Read(DiskWith(""), "/d/none").ShouldBeEmpty();
        LeaderEpochCheckpoint.Read(DiskWith(""), "/d/f").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1\n0\n")]
    [InlineData("0\n2\na 0 1\n")]
    [InlineData("0\n1\na 0\n")]
    [InlineData("0\n1\na 0 -1\n")]
    [InlineData("0\n1\na 0 99999999999999999999\n")]
    [InlineData("0\nx\n")]
    [InlineData("0")]
    [InlineData("0\n1\na 0 12")]
    public void A_garbled_checkpoint_is_named(string text)
        => Should.Throw<CorruptFileException>(() => OffsetCheckpoint.Read(DiskWith(text), "/d/f")).Message.ShouldContain("/d/f");

    [Fact]
    public void Leader_epochs_must_rise()
    {
        InMemoryFileSystem disk = DiskWith("");
        LeaderEpochCheckpoint.Write(disk, "/d/f", [new EpochStart(0, 0), new EpochStart(5, 17)], durable: false);
        TextOf(disk).ShouldBe("0\n2\n0 0\n5 17\n");
        LeaderEpochCheckpoint.Read(disk, "/d/f").ShouldBe([new EpochStart(0, 0), new EpochStart(5, 17)]);
        Should.Throw<CorruptFileException>(() => LeaderEpochCheckpoint.Read(DiskWith("0\n2\n5 0\n5 17\n"), "/d/f"));
        Should.Throw<CorruptFileException>(() => LeaderEpochCheckpoint.Read(DiskWith("0\n2\n5 20\n6 17\n"), "/d/f"));
    }

    [Fact]
    public void Ids_are_in_Kafkas_text_form()
    {
        Guid id = new("6a1f31b2-ffee-4d3c-9a8b-0123456789ab");
        KafkaUuid.Format(id).ShouldBe("ah8xsv_uTTyaiwEjRWeJqw");
        KafkaUuid.TryParse("ah8xsv_uTTyaiwEjRWeJqw", out Guid back).ShouldBeTrue();
        back.ShouldBe(id);
        KafkaUuid.TryParse("ah8xsv_uTTyaiwEjRWeJqw==", out _).ShouldBeTrue();
        KafkaUuid.TryParse("too-short", out _).ShouldBeFalse();
        KafkaUuid.TryParse("ah8xsv+uTTyaiwEjRWeJqw", out _).ShouldBeFalse();
    }

    [Fact]
    public void Partition_metadata_holds_the_topic_id()
    {
        InMemoryFileSystem disk = DiskWith("");
        PartitionMetadataFile.Write(disk, "/d/f", LogScenario.TopicId);
        TextOf(disk).ShouldBe("version: 0\ntopic_id: " + KafkaUuid.Format(LogScenario.TopicId));
        PartitionMetadataFile.Read(disk, "/d/f").ShouldBe(LogScenario.TopicId);
        PartitionMetadataFile.Read(disk, "/d/none").ShouldBeNull();
        Should.Throw<CorruptFileException>(() => PartitionMetadataFile.Read(DiskWith("version: 1\ntopic_id: x"), "/d/f"));
        Should.Throw<CorruptFileException>(() => PartitionMetadataFile.Read(DiskWith("version: 0\ntopic_id: x"), "/d/f"));
    }

    [Fact]
    public void Meta_properties_are_read_as_Java_writes_them()
    {
        MetaProperties.Read(DiskWith("#\n#Sat Nov 23 06:20:00 UTC 2026\nbroker.id=3\ncluster.id=ah8xsv_uTTyaiwEjRWeJqw\nversion=0\n"), "/d/f")
            .ShouldBe(new MetaProperties(3, "ah8xsv_uTTyaiwEjRWeJqw"));
        MetaProperties.Read(DiskWith("broker.id : 3\r\ncluster.id = abc\r\n"), "/d/f").ShouldBe(new MetaProperties(3, "abc"));
        InMemoryFileSystem disk = DiskWith("");
        MetaProperties identity = new(7, "cluster", Guid.NewGuid());
        identity.Write(disk, "/d/f");
        MetaProperties.Read(disk, "/d/f").ShouldBe(identity);
        MetaProperties.Read(disk, "/d/none").ShouldBeNull();
        Should.Throw<CorruptFileException>(() => MetaProperties.Read(DiskWith("version=1\nnode.id=3\ncluster.id=abc\n"),
            "/d/f")).Message.ShouldContain("version 1");
        Should.Throw<CorruptFileException>(() => MetaProperties.Read(DiskWith("broker.id=x\ncluster.id=abc\n"), "/d/f"));
        Should.Throw<CorruptFileException>(() => MetaProperties.Read(DiskWith("broker.id=1\n"), "/d/f"));
    }

    [Fact]
    public void The_clean_marker_counts_by_being_there()
    {
        InMemoryFileSystem disk = DiskWith("");
        CleanShutdownMarker.TryRead(disk, "/d/f", out long epoch).ShouldBeTrue();
        epoch.ShouldBe(-1);
        CleanShutdownMarker.Write(disk, "/d/f", 42);
        TextOf(disk).ShouldBe("{\"version\":0,\"brokerEpoch\":42}");
        CleanShutdownMarker.TryRead(disk, "/d/f", out epoch).ShouldBeTrue();
        epoch.ShouldBe(42);
        CleanShutdownMarker.TryRead(disk, "/d/none", out _).ShouldBeFalse();
    }

    [Fact]
    public void Any_bytes_give_entries_or_the_named_error()
        => Gen.Byte.Array[0, 80].Sample(bytes =>
        {
            InMemoryFileSystem disk = DiskWith("");
            WholeFiles.Replace(disk, "/d/f", bytes, durable: false);
            EndsNamed(() => OffsetCheckpoint.Read(disk, "/d/f"));
            EndsNamed(() => LeaderEpochCheckpoint.Read(disk, "/d/f"));
            EndsNamed(() => PartitionMetadataFile.Read(disk, "/d/f"));
            EndsNamed(() => MetaProperties.Read(disk, "/d/f"));
            CleanShutdownMarker.TryRead(disk, "/d/f", out _);
        }, iter: 2000);

    [Fact]
    public void A_checkpoint_replaced_when_the_power_fails_is_the_old_or_the_new_one()
    {
        for (int calls = 0; calls < 6; calls++)
        {
            for (int seed = 0; seed < 20; seed++)
            {
                InMemoryFileSystem disk = new(tracksDurability: true);
                disk.CreateDirectory("/d");
                disk.SyncDirectory("/");
                WholeFiles.Replace(disk, "/d/f", "old"u8, durable: true);
                int left = calls;
                disk.BeforeChange = (_, _) =>
                {
                    if (left-- == 0)
                    {
                        throw new IOException("power cut");
                    }
                };
                try
                {
                    WholeFiles.Replace(disk, "/d/f", "newer"u8, durable: true);
                }
                catch (IOException)
                {
                    // The cut.
                }
                string after = Encoding.UTF8.GetString(WholeFiles.Read(disk.AfterPowerCut(new Random(seed)), "/d/f")!);
                after.ShouldBeOneOf("old", "newer");
            }
        }
    }

    private static void EndsNamed(Action read)
    {
        try
        {
            read();
        }
        catch (CorruptFileException)
        {
            // The named error.
        }
    }
}
