using System.Diagnostics.Metrics;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Shards;

/// <summary>The metrics of groups. Any thread.</summary>
internal sealed class GroupMetrics
{
    private readonly int[] _byState = new int[GroupStates.All.Count];
    private readonly Counter<long> _rebalances;
    private readonly Counter<long> _generations;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _offsets;
    private readonly Counter<long> _expired;
    private readonly Counter<long> _storeFailures;
    private readonly Histogram<double> _loading;

    /// <param name="meter">The broker's.</param>
    public GroupMetrics(Meter meter)
    {
        meter.CreateObservableGauge("broker.groups", CountAll, unit: null, "Groups whose coordinator this broker is, by state");
        _rebalances = meter.CreateCounter<long>("broker.groups.rebalances", unit: null, "Rebalances begun");
        _generations = meter.CreateCounter<long>("broker.groups.generations", unit: null, "Generations made");
        _lost = meter.CreateCounter<long>("broker.groups.members.lost", unit: null, "Members removed because they were not heard of in time");
        _commits = meter.CreateCounter<long>("broker.groups.commits", unit: null, "Commits that were stored");
        _offsets = meter.CreateCounter<long>("broker.groups.offsets.committed", unit: null, "Offsets that were stored");
        _expired = meter.CreateCounter<long>("broker.groups.offsets.expired", unit: null, "Offsets forgotten because of their age");
        _storeFailures = meter.CreateCounter<long>("broker.groups.store.failures", unit: null, "Generations and tombstones that could not be stored");
        _loading = meter.CreateHistogram<double>("broker.groups.load.duration", "s", "From leadership of a partition of offsets to its groups being served");
    }

    public void Entered(GroupState state) => Interlocked.Increment(ref _byState[(int)state]);

    public void Left(GroupState state) => Interlocked.Decrement(ref _byState[(int)state]);

    /// <summary>How many groups are in a state.</summary>
    public int Count(GroupState state) => Volatile.Read(ref _byState[(int)state]);

    public void Loaded(TimeSpan took) => _loading.Record(took.TotalSeconds);

    public void Note(IReadOnlyList<GroupIncident> incidents)
    {
        foreach (GroupIncident incident in incidents)
        {
            Note(incident);
        }
    }

    private void Note(in GroupIncident incident)
    {
        switch (incident.Kind)
        {
            case GroupIncidentKind.RebalanceStarted: _rebalances.Add(1); break;
            case GroupIncidentKind.GenerationStarted: _generations.Add(1); break;
            case GroupIncidentKind.MemberLost: _lost.Add(1); break;
            case GroupIncidentKind.OffsetsExpired: _expired.Add(incident.Count); break;
            case GroupIncidentKind.AppendFailed: _storeFailures.Add(1); break;
            case GroupIncidentKind.OffsetsCommitted:
                _commits.Add(1);
                _offsets.Add(incident.Count);
                break;
        }
    }

    private IEnumerable<Measurement<int>> CountAll() =>
        GroupStates.All.Where(state => state != GroupState.Dead).Select(state => new Measurement<int>(Count(state),
        new KeyValuePair<string, object?>("state", GroupStates.Name(state))));
}
