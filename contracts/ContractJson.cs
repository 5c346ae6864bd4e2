using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Game.Contracts;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(Label))]
[JsonSerializable(typeof(SimulationTruth))]
internal sealed partial class ContractJsonContext : JsonSerializerContext;

/// <summary>
/// The JSON of the rarer records (alerts, labels, simulation truth), by the framework's source generator. Decoding any bytes gives a record or false with a
/// sentence; nothing is thrown.
/// </summary>
public static class ContractJson
{
    public static byte[] Encode(Alert alert) => JsonSerializer.SerializeToUtf8Bytes(alert, ContractJsonContext.Default.Alert);

    public static byte[] Encode(Label label) => JsonSerializer.SerializeToUtf8Bytes(label, ContractJsonContext.Default.Label);

    public static byte[] Encode(SimulationTruth truth) => JsonSerializer.SerializeToUtf8Bytes(truth, ContractJsonContext.Default.SimulationTruth);

    public static bool TryDecode(ReadOnlySpan<byte> value, out Alert alert, out string error)
        => TryDecode(value, ContractJsonContext.Default.Alert, out alert, out error) && InRange(alert.Ts, "ts", out error);

    public static bool TryDecode(ReadOnlySpan<byte> value, out Label label, out string error)
        => TryDecode(value, ContractJsonContext.Default.Label, out label, out error) && InRange(label.LabelledAt, "labelled_at", out error)
            && IsVerdict(label.Verdict, out error);

    public static bool TryDecode(ReadOnlySpan<byte> value, out SimulationTruth truth, out string error)
        => TryDecode(value, ContractJsonContext.Default.SimulationTruth, out truth, out error) && InRange(truth.Ts, "ts", out error);

    private static bool TryDecode<T>(ReadOnlySpan<byte> value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, out T decoded, out string error)
        where T : class
    {
        decoded = null!;
        error = "";
        if (value.Length > ContractLimits.MaxValueBytes)
        {
            error = new DecodeFailure(DecodeError.TooLarge, "").ToString();
            return false;
        }

        // The JSON reader does not check the UTF-8 of fields that it does not read.
        if (!Utf8.IsValid(value))
        {
            error = new DecodeFailure(DecodeError.NotUtf8, "").ToString();
            return false;
        }

        try
        {
            decoded = JsonSerializer.Deserialize(value, type)!;
            error = decoded is null ? "the value is null" : "";
            return decoded is not null;
        }
        catch (JsonException e)
        {
            error = "the value does not fit the contract: " + e.Message;
            return false;
        }
    }

    private static bool InRange(long ts, string field, out string error)
    {
        bool fits = ts is >= 0 and <= ContractLimits.MaxTimestamp;
        error = fits ? "" : new DecodeFailure(DecodeError.OutOfRange, field).ToString();
        return fits;
    }

    private static bool IsVerdict(string verdict, out string error)
    {
        bool known = verdict is "fraud" or "honest" or "unsure";
        error = known ? "" : new DecodeFailure(DecodeError.UnknownWord, "verdict").ToString();
        return known;
    }
}
