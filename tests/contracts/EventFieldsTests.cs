using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Game.Contracts.Tests;

/// <summary>The records, the view and the decoder agree with the table of fields.</summary>
public sealed class EventFieldsTests
{
    [Theory]
    [InlineData(typeof(LoginEvent), EventKinds.Login)]
    [InlineData(typeof(TradeEvent), EventKinds.Trade)]
    public void The_records_have_the_fields_of_the_table(Type type, EventKinds kind)
    {
        string[] properties = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name == "Kind" ? "type"
            : Snake(property.Name))];
        properties.ShouldBe(EventFields.All.Where(known => known.Kinds.HasFlag(kind)).Select(known => known.Name), ignoreOrder: true);
    }

    [Fact]
    public void The_decoder_finds_every_field_at_its_index_in_the_table_and_nothing_else()
    {
        for (int i = 0; i < EventFields.All.Count; i++)
        {
            string name = EventFields.All[i].Name;
            ((int)EventFields.Find(Encoding.UTF8.GetBytes(name))).ShouldBe(i, name);
            EventFields.Find(Encoding.UTF8.GetBytes(name.ToUpperInvariant())).ShouldBe(FieldIndex.Unknown);
            Snake(((FieldIndex)i).ToString()).ShouldBe(name);
        }

        EventFields.All.Count.ShouldBe((int)FieldIndex.Unknown);
    }

    [Fact]
    public void Every_field_but_the_optional_ones_is_required()
    {
        foreach (PlayerEvent sample in new PlayerEvent[] { Samples.Login, Samples.Trade })
        {
            EventKinds kind = sample.Kind == EventKind.Login ? EventKinds.Login : EventKinds.Trade;
            foreach (EventField known in EventFields.All.Where(known => known.Kinds.HasFlag(kind)))
            {
                Dictionary<string, JsonElement> fields = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Samples.Encode(sample))!;
                fields.Remove(known.Name).ShouldBeTrue();
                DecodeFailure expected = known.IsOptional ? DecodeFailure.None : new DecodeFailure(DecodeError.MissingField, known.Name);
                if (known.Type != FieldType.Double) // of a position both are given or none
                {
                    new EventDecoder().Decode(JsonSerializer.SerializeToUtf8Bytes(fields), out _).ShouldBe(expected);
                }
            }
        }
    }

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
