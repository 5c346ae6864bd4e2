using System.Buffers.Text;
using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Broker.Protocol.Tests.Messages;

/// <summary>Holds a decoded object against Kafka's JSON of it: what JSON names is equal, what it leaves out has its default.</summary>
internal static class JsonAgreement
{
    public static void Check(object actual, JsonElement json, string path)
    {
        object defaults = Activator.CreateInstance(actual.GetType())!;
        HashSet<string> left = json.EnumerateObject().Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (PropertyInfo property in actual.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.Name == "UnknownTaggedFields")
            {
                continue;
            }
            string name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            object? value = property.GetValue(actual);
            if (left.Remove(name))
            {
                CheckValue(value, json.GetProperty(name), $"{path}.{name}");
            }
            else
            {
                value.ShouldBeEquivalentTo(property.GetValue(defaults), $"{path}.{name} is not in the JSON");
            }
        }

        left.ShouldBeEmpty(path);
    }

    private static void CheckValue(object? actual, JsonElement json, string path)
    {
        switch (actual)
        {
            case null:
                json.ValueKind.ShouldBe(JsonValueKind.Null, path);
                break;
            case bool flag:
                json.GetBoolean().ShouldBe(flag, path);
                break;
            case sbyte or short or ushort or int or long:
                json.GetInt64().ShouldBe(Convert.ToInt64(actual), path);
                break;
            case double number:
                json.GetDouble().ShouldBe(number, path);
                break;
            case string text:
                json.GetString().ShouldBe(text, path);
                break;
            case Guid id:
                json.GetString().ShouldBe(Base64Url.EncodeToString(id.ToByteArray(bigEndian: true)), path);
                break;
            case byte[] bytes:
                json.GetString().ShouldBe(Convert.ToBase64String(bytes), path);
                break;
            case Memory<byte> or RecordsPayload:
                // Kafka's converter writes records as an empty text; their bytes are compared by encoding.
                json.GetString().ShouldBe(string.Empty, path);
                break;
            case IEnumerable items:
                CheckItems([.. items.Cast<object>()], json, path);
                break;
            default:
                Check(actual, json, path);
                break;
        }
    }

    private static void CheckItems(object[] items, JsonElement json, string path)
    {
        json.GetArrayLength().ShouldBe(items.Length, path);
        for (int i = 0; i < items.Length; i++)
        {
            CheckValue(items[i], json[i], $"{path}[{i}]");
        }
    }
}
