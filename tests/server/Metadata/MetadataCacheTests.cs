using Broker.Protocol.Messages;
using Broker.Server.Metadata;

namespace Broker.Server.Tests.Metadata;

public sealed class MetadataCacheTests
{
    [Fact]
    public void Subscribers_get_the_names_that_a_change_names_and_no_others()
    {
        MetadataCache metadata = new("c", TimeProvider.System);
        List<string[]> changes = [];
        metadata.Subscribe((_, _, topics) => changes.Add([.. topics]));
        metadata.Apply(Update("a", "b", "c"));
        metadata.Apply(Update("b"));
        metadata.Apply(Update());
        changes.ShouldBe([["a", "b", "c"], ["b"], []]);
    }

    private static UpdateMetadataRequest Update(params string[] topics) => new()
    {
        TopicStates = [.. topics.Select(topic => new UpdateMetadataRequest.UpdateMetadataTopicState
        {
            TopicName = topic, PartitionStates = [new() { PartitionIndex = 0, Leader = 1, Isr = [1], Replicas = [1], OfflineReplicas = [] }],
        })],
    };
}
