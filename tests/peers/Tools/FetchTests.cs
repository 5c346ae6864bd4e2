using System.Diagnostics;
using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Peers.Tests.Tools;

/// <summary>A fetch waits, and answers for partitions that are unknown, deleted or created again, like on Apache Kafka 3.9.</summary>
public sealed class FetchTests(OneBroker broker)
{
    private const int WaitMs = 1500;

    [Fact]
    public async Task Unknown_partitions_are_answered_as_the_original_answers_them()
    {
        Need.AllCases();
        using TempFolder folder = new();
        await using ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(folder);
        await using ApacheKafka apache = await ApacheKafka.StartAsync(folder, zooKeeper, folder["apache"]);
        string[] theirs = await PlayAsync(apache.BootstrapServers);
        string[] ours = await PlayAsync(await broker.BootstrapServersAsync());
        ours.ShouldBe(theirs);
        theirs.ShouldContain(line => line.StartsWith("waited", StringComparison.Ordinal));
    }

    private async Task<string[]> PlayAsync(string bootstrapServers)
    {
        using RawConnection client = await RawConnection.OpenAsync(bootstrapServers);
        Play play = new(client, broker.FreshName("kept"), broker.FreshName("gone"));
        await play.CreateAsync(play.Kept);
        await play.CreateAsync(play.Gone);
        await play.FetchAsync(12, 0, -1, ("unknown", [0]), (play.Kept, [0]));
        await play.FetchAsync(12, 0, -1, (play.Kept, [9, 0]));
        await play.FetchAsync(12, 0, -1, ("unknown", [0]));
        await play.FetchAsync(13, 0, -1, ("unknown", [0]), (play.Kept, [0]));
        await play.FetchAsync(12, 0, -1, (play.Kept, [0, 1, 0]));
        int session = await play.FetchAsync(13, 0, 0, ("unknown", [0]), (play.Gone, [0, 1]), (play.Kept, [0]));
        await play.DeleteAsync(play.Gone);
        await play.FetchAsync(13, session, 1);
        await play.CreateAsync(play.Gone);
        await play.FetchAsync(13, session, 2);
        await play.DeleteAsync(play.Gone);
        await play.DeleteAsync(play.Kept);
        await play.FetchAsync(13, session, 3);
        return [.. play.Lines];
    }

    /// <summary>Sends the requests to one broker and collects the answers, without the names that differ between the two.</summary>
    private sealed class Play(RawConnection client, string kept, string gone)
    {
        private readonly Dictionary<string, Guid> _ids = new(StringComparer.Ordinal) { ["unknown"] = Guid.NewGuid() };

        public string Kept => kept;

        public string Gone => gone;

        public List<string> Lines { get; } = [];

        public async Task CreateAsync(string topic)
        {
            CreateTopicsResponse? response = await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(
                new CreateTopicsRequest { TimeoutMs = 30_000, Topics = [new() { Name = topic, NumPartitions = 2, ReplicationFactor = 1 }] }, 7);
            response.ShouldNotBeNull().Topics.ShouldHaveSingleItem().ErrorCode.ShouldBe((short)0);
            await Until.HoldsAsync("the topic is led", Apache.Patience, () => IsLedAsync(topic, 2));
            _ids.TryAdd(topic, response.Topics[0].TopicId);
        }

        public async Task DeleteAsync(string topic)
        {
            DeleteTopicsResponse? response = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(
                new DeleteTopicsRequest { TimeoutMs = 30_000, Topics = [new() { Name = topic }] }, 6);
            response.ShouldNotBeNull().Responses.ShouldHaveSingleItem().ErrorCode.ShouldBe((short)0);
            await Until.HoldsAsync("the topic is deleted", Apache.Patience, () => IsLedAsync(topic, 0));
        }

        public async Task<int> FetchAsync(short version, int session, int epoch, params (string Topic, int[] Partitions)[] topics)
        {
            FetchRequest request = new()
            {
                MaxWaitMs = WaitMs,
                MinBytes = 1,
                MaxBytes = 1_000_000,
                ReplicaId = -1,
                SessionId = session,
                SessionEpoch = epoch,
                Topics = [.. topics.Select(topic => new FetchRequest.FetchTopic
                {
                    Topic = topic.Topic,
                    TopicId = _ids[topic.Topic],
                    Partitions = [.. topic.Partitions.Select(p => new FetchRequest.FetchPartition { Partition = p, PartitionMaxBytes = 1_000_000 })],
                })],
            };
            long start = Stopwatch.GetTimestamp();
            FetchResponse? response = await client.AskAsync<FetchRequest, FetchResponse>(request, version);
            string when = Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(WaitMs * 0.9) ? "at once" : "waited";
            IEnumerable<string> answers = response.ShouldNotBeNull().Responses.SelectMany(
                topic => topic.Partitions.Select(p => $"{NameOf(topic)}-{p.PartitionIndex} {(ErrorCode)p.ErrorCode} {p.HighWatermark}"));
            Lines.Add($"{when}: {(ErrorCode)response.ErrorCode} {string.Join(", ", answers)}");
            return response.SessionId;
        }

        private string NameOf(FetchResponse.FetchableTopicResponse topic)
        {
            string name = topic.Topic.Length > 0 ? topic.Topic : _ids.Single(id => id.Value == topic.TopicId).Key;
            return name == kept ? "kept" : name == gone ? "gone" : name;
        }

        private async Task<bool> IsLedAsync(string topic, int partitions)
        {
            MetadataResponse? response = await client.AskAsync<MetadataRequest, MetadataResponse>(
                new MetadataRequest { Topics = [new() { Name = topic }], AllowAutoTopicCreation = false }, 12);
            return response.ShouldNotBeNull().Topics[0].Partitions.Count(p => p.LeaderId >= 0) == partitions;
        }
    }
}
