using Broker.Coordination;
using Broker.Server.Controller;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Tests.Controller;

public sealed class ControllerWatchesTests
{
    [Fact]
    public void A_thing_has_one_watcher_until_it_is_gone_or_the_session_is()
    {
        List<string> posted = [];
        ControllerWatches watches = new((name, _) => posted.Add(name));
        Watcher first = watches.Of("PartitionModification", "t", _ => Task.CompletedTask);
        watches.Of("PartitionModification", "t", _ => Task.CompletedTask).ShouldBe(first);
        watches.Of("PartitionModification", "u", _ => Task.CompletedTask).ShouldNotBe(first);
        first(new WatchedEvent(EventType.NodeDataChanged, ZnodePaths.Topic("t")));
        watches.Of("PartitionModification", "t", _ => Task.CompletedTask).ShouldBe(first);
        first(new WatchedEvent(EventType.NodeDeleted, ZnodePaths.Topic("t")));
        Watcher second = watches.Of("PartitionModification", "t", _ => Task.CompletedTask);
        second.ShouldNotBe(first);
        watches.Clear();
        watches.Of("PartitionModification", "t", _ => Task.CompletedTask).ShouldNotBe(second);
        posted.ShouldBe(["PartitionModification", "PartitionModification"]);
    }
}
