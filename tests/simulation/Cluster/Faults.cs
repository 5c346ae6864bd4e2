using Broker.Simulation.Tests.Groups;
using Broker.Simulation.Tests.Worlds;
using Broker.Storage;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>What is done to a cluster: one fault after the other, each chosen by the seed, with its time and its length.</summary>
internal sealed class Faults(World world, SimNetwork network, TreeView tree, IReadOnlyList<SimMember> members, Crashes crashes, Action<string> note)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Where the faults themselves run; it never crashes.</summary>
    private readonly Node _hand = new(world, "faults");
    private readonly SimBroker[] _brokers = [.. network.Brokers];

    /// <summary>Does faults until a time.</summary>
    public void Begin(TimeSpan end) => world.Add(_hand, TimeSpan.FromMilliseconds(world.Random.Next(200, 6_000)), () =>
    {
        if (world.Elapsed < end)
        {
            DoOne(TimeSpan.FromMilliseconds(world.Random.Next(100, 12_000)));
            Begin(end);
        }
    });

    /// <summary>Ends what lasts: cuts and bad disks. Brokers whose disk was broken start anew.</summary>
    public void End()
    {
        network.HealAll();
        Array.ForEach(_brokers, MendDisks);
    }

    private void DoOne(TimeSpan duration)
    {
        SimBroker broker = _brokers[world.Random.Next(_brokers.Length)];
        string seconds = $"for {duration.TotalSeconds:0.0} s";
        switch (world.Random.Next(crashes == Crashes.OfPower ? 14 : 13))
        {
            case 0 or 1 when broker.IsUp:
                Crash(broker, duration);
                break;
            case 2 when broker.IsUp && !broker.Node.IsPaused:
                note($"broker {broker.Id} is paused {seconds}");
                broker.Pause(duration);
                break;
            case 3 when broker.IsUp:
                note($"the session of broker {broker.Id} expires");
                broker.Coordination.Expire();
                break;
            case 4 when broker.IsUp:
                note($"broker {broker.Id} is cut off from ZooKeeper {seconds}");
                broker.Coordination.Cut(duration);
                break;
            case 5 or 6:
                Cut(broker, _brokers[world.Random.Next(_brokers.Length)], duration);
                break;
            case 7 when broker.IsUp:
                Empty(broker, duration);
                break;
            case 8 when broker.Disks.State == DiskState.Works:
                FailDisks(broker, world.Random.Next(2) == 0 ? DiskState.IsFull : DiskState.IsBroken, duration);
                break;
            case 9 when broker.IsUp:
                note($"ZooKeeper answers broker {broker.Id} slowly {seconds}");
                broker.Coordination.Slow(duration);
                break;
            case 10:
                ReplaceController(duration);
                break;
            case 11:
                CrashMember(members[world.Random.Next(members.Count)], duration);
                break;
            case 12 when broker is { IsServing: true, IsStopping: false }:
                note($"broker {broker.Id} is stopped in order {seconds}");
                broker.Stop(duration);
                break;
            case 13:
                Array.ForEach([.. _brokers.Where(each => each.IsUp)], each => Crash(each, duration));
                break;
        }
    }

    /// <summary>Another controller is elected while the former one elects leaders; it keeps its session, and notices late that it was replaced.</summary>
    private void ReplaceController(TimeSpan duration)
    {
        SimBroker other = _brokers[world.Random.Next(_brokers.Length)];
        SimBroker? former = Array.Find(_brokers, broker => broker.Core?.Membership?.IsController == true);
        note($"ZooKeeper answers controller {former?.Id} slowly for {duration.TotalSeconds:0.0} s; its znode is removed, and the session of {other.Id} expires");
        former?.Coordination.Slow(duration);
        if (other != former)
        {
            other.Coordination.Expire();
        }

        world.Add(_hand, TimeSpan.FromMilliseconds(world.Random.Next(0, 4_000)), tree.RemoveController);
    }

    private void Crash(SimBroker broker, TimeSpan duration)
    {
        note($"broker {broker.Id} crashes for {duration.TotalSeconds:0.0} s");
        broker.Crash();
        world.Add(_hand, duration, broker.Start);
    }

    private void CrashMember(SimMember member, TimeSpan duration)
    {
        if (member.IsUp)
        {
            note($"member {member.Node.Name} crashes for {duration.TotalSeconds:0.0} s");
            member.Crash(duration);
        }
    }

    private void Cut(SimBroker broker, SimBroker other, TimeSpan duration)
    {
        bool both = world.Random.Next(2) == 0;
        note($"what broker {broker.Id} sends to broker {other.Id} is lost for {duration.TotalSeconds:0.0} s{(both ? ", and back" : "")}");
        network.Cut(broker.Node, other.Node);
        if (both)
        {
            network.Cut(other.Node, broker.Node);
        }

        world.Add(_hand, duration, network.HealAll);
    }

    /// <summary>
    /// A broker dies, and comes back with new disks once it is in sync nowhere any more: then all that was acknowledged is elsewhere. Where it stays in sync,
    /// being the last one of a partition, it comes back with its own.
    /// </summary>
    private void Empty(SimBroker broker, TimeSpan duration)
    {
        note($"broker {broker.Id} crashes, and its disks are replaced where it is the last in sync nowhere");
        broker.Crash();
        ReplaceDisks(broker, world.Elapsed + SimCoordination.SessionTimeout + duration);
    }

    private void ReplaceDisks(SimBroker broker, TimeSpan until) => world.Add(_hand, Poll, () =>
    {
        bool isInSync = tree.All().Any(partition => IsInSync(partition, broker.Id));
        if (isInSync && world.Elapsed < until)
        {
            ReplaceDisks(broker, until);
            return;
        }

        if (!isInSync && !broker.IsUp)
        {
            note($"broker {broker.Id} gets new disks");
            broker.EmptyDisks();
        }

        broker.Start();
    });

    private bool IsInSync(TopicPartition partition, int broker) => tree.State(partition) is not { } state || state.Isr.Contains(broker);

    private void FailDisks(SimBroker broker, DiskState state, TimeSpan duration)
    {
        note($"{(state == DiskState.IsFull ? "the disks are full" : "the second disk is broken")} of broker {broker.Id} for {duration.TotalSeconds:0.0} s");
        broker.Disks.State = state;
        world.Add(_hand, duration, () => MendDisks(broker));
    }

    /// <summary>A directory that has failed is used again only after a start.</summary>
    private void MendDisks(SimBroker broker)
    {
        broker.Disks.State = DiskState.Works;
        if (broker.HasLostADisk)
        {
            Crash(broker, Poll);
        }
    }
}
