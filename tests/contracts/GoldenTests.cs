using System.Text;

namespace Game.Contracts.Tests;

/// <summary>Each kind of record has one golden file: the bytes other programs may rely on.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Names => [.. Encoded.Keys];

    private static Dictionary<string, Func<byte[]>> Encoded => new()
    {
        ["login"] = () => Samples.Encode(Samples.Login),
        ["failed-login"] = () => Samples.Encode(Samples.FailedLogin),
        ["trade"] = () => Samples.Encode(Samples.Trade),
        ["alert"] = () => ContractJson.Encode(Samples.Alert),
        ["label"] = () => ContractJson.Encode(Samples.Label),
        ["simulation-truth"] = () => ContractJson.Encode(Samples.Truth),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Encoding_gives_the_golden_bytes(string name)
        => Encoding.UTF8.GetString(Encoded[name]()).ShouldBe(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json")).TrimEnd('\n'));

    [Fact]
    public void Golden_events_decode_to_what_was_encoded()
    {
        foreach (PlayerEvent sample in new PlayerEvent[] { Samples.Login, Samples.FailedLogin, Samples.Trade })
        {
            new EventDecoder().Decode(Samples.Encode(sample), out EventView view).ShouldBe(DecodeFailure.None);
            view.ToEvent().ShouldBe(sample);
        }
    }

    [Fact]
    public void Golden_records_decode_to_what_was_encoded()
    {
        ContractJson.TryDecode(ContractJson.Encode(Samples.Alert), out Alert alert, out _).ShouldBeTrue();
        ContractJson.Encode(alert).ShouldBe(ContractJson.Encode(Samples.Alert));
        ContractJson.TryDecode(ContractJson.Encode(Samples.Label), out Label label, out _).ShouldBeTrue();
        label.ShouldBe(Samples.Label);
        ContractJson.TryDecode(ContractJson.Encode(Samples.Truth), out SimulationTruth truth, out _).ShouldBeTrue();
        truth.ShouldBe(Samples.Truth);
    }
}
