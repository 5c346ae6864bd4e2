using Game.Contracts;

namespace Game.Analysis.Audit;

/// <summary>A campaign of the simulator, read from simulation-truth.</summary>
internal sealed record PlantedCampaign(string Id, string Scenario, HashSet<string> Players, HashSet<Guid> FraudIds);

/// <summary>The fraud campaigns that the simulator played.</summary>
internal sealed class TruthTable
{
    private readonly Dictionary<string, PlantedCampaign> _campaigns = [];

    public IReadOnlyCollection<PlantedCampaign> Campaigns => _campaigns.Values;

    public static TruthTable Read(IEnumerable<AuditRecord> records)
    {
        return Of(records.Select(Decode));

        static SimulationTruth Decode(AuditRecord record) => ContractJson.TryDecode(record.Value, out SimulationTruth truth, out string error)
            ? truth
            : throw new UserErrorException($"A record of {Topics.SimulationTruth} cannot be read: {error}.");
    }

    public static TruthTable Of(IEnumerable<SimulationTruth> truths)
    {
        TruthTable table = new();
        foreach (SimulationTruth truth in truths)
        {
            table.Add(truth);
        }
        return table;
    }

    public bool IsHonest(string userId) => _campaigns.Values.All(campaign => !campaign.Players.Contains(userId));

    private void Add(SimulationTruth truth)
    {
        if (!_campaigns.TryGetValue(truth.CampaignId, out PlantedCampaign? campaign))
        {
            _campaigns[truth.CampaignId] = campaign = new PlantedCampaign(truth.CampaignId, truth.Scenario, [], []);
        }
        campaign.Players.Add(truth.UserId);
        if (truth.EventId is { } id)
        {
            campaign.FraudIds.Add(id);
        }
    }
}
