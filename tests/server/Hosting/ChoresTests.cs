using Broker.Server.Config;
using Broker.Server.Hosting;
using Broker.Server.Scheduling;
using Broker.Server.Tests.Data;
using Broker.Storage.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Tests.Hosting;

public class ChoresTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_stalled_directory_stops_the_chores_of_no_other()
    {
        using ManualResetEventSlim disk = new();
        int hanging = 0;
        using DataBroker broker = new(folders: ["/stalled", "/good"]);
        broker.Create("a").Create("b");
        (string good, string stalled) = broker["a"].Log!.Directory == "/good" ? ("a", "b") : ("b", "a");
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change == FileChange.Sync && path.StartsWith("/stalled", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref hanging);
                disk.Wait();
            }
        };
        Chores chores = new(
            broker.Wheel, PoolScheduler.Instance, new BrokerConfig(new Dictionary<string, string>()), broker.Directories, broker.Table, NullLogger.Instance);
        AppendAndRoll(broker, stalled);
        Until(broker, () => Volatile.Read(ref hanging) > 0);
        AppendAndRoll(broker, good);
        Until(broker, () => broker[good].FlushedUpTo == 1);
        Until(broker, () => CheckpointOf(broker) == $"0\n1\n{good} 0 1\n");
        Volatile.Read(ref hanging).ShouldBe(1);
        disk.Set();
        Until(broker, () => broker[stalled].FlushedUpTo == 1);
        await chores.StopAsync();
    }

    private static void AppendAndRoll(DataBroker broker, string topic)
    {
        broker.Append(topic, DataBroker.Batch(1)).IsCompletedSuccessfully.ShouldBeTrue();
        broker[topic].Maintain(log => log.Roll(0));
    }

    private static string CheckpointOf(DataBroker broker)
    {
        const string Path = "/good/recovery-point-offset-checkpoint";
        if (!broker.Disk.FileExists(Path))
        {
            return "";
        }

        using IOpenFile file = broker.Disk.Open(Path, FileOpen.Existing);
        byte[] text = new byte[file.Length];
        file.Read(0, text);
        return System.Text.Encoding.UTF8.GetString(text);
    }

    /// <summary>Advances the clock until a condition holds.</summary>
    private static void Until(DataBroker broker, Func<bool> holds) => SpinWait.SpinUntil(() =>
    {
        broker.Time.Advance(TimeSpan.FromSeconds(1));
        return holds();
    }, Patience).ShouldBeTrue();
}
