using System.Text;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Json;

/// <summary>
/// A small JSON reader that keeps positions. A generator that brought a JSON library along would have to ship it to every compiler that loads it.
/// </summary>
internal sealed class JsonParser
{
    /// <summary>Nesting allowed: schemas nest four or five levels; the limit keeps a broken file from exhausting the compiler's stack.</summary>
    private const int MaximumDepth = 64;

    private readonly string _text;
    private int _position;
    private int _depth;

    private JsonParser(string text) => _text = text;

    /// <exception cref="JsonSyntaxException">The text is not one JSON value.</exception>
    public static JsonNode Parse(string text)
    {
        JsonParser parser = new(text);
        JsonNode node = parser.ReadValue();
        parser.SkipWhitespace();
        if (parser._position != text.Length)
        {
            throw parser.Error("nothing may follow the value");
        }
        return node;
    }

    private JsonNode ReadValue()
    {
        SkipWhitespace();
        if (++_depth > MaximumDepth)
        {
            throw Error("values are nested too deeply");
        }
        JsonNode node = Peek() switch
        {
            '{' => ReadObject(),
            '[' => ReadArray(),
            '"' => ReadStringNode(),
            't' => ReadWord("true", span => new JsonBoolean(span, true)),
            'f' => ReadWord("false", span => new JsonBoolean(span, false)),
            'n' => ReadWord("null", span => new JsonNull(span)),
            '-' or (>= '0' and <= '9') => ReadNumber(),
            _ => throw Error("a value is missing"),
        };
        _depth--;
        return node;
    }

    private JsonObject ReadObject()
    {
        int start = _position++;
        List<JsonMember> members = new();
        SkipWhitespace();
        while (Peek() != '}')
        {
            if (members.Count > 0)
            {
                Expect(',');
            }
            SkipWhitespace();
            int nameStart = _position;
            string name = ReadString();
            TextSpan nameSpan = TextSpan.FromBounds(nameStart, _position);
            if (members.Exists(m => m.Name == name))
            {
                throw new JsonSyntaxException($"'{name}' is given twice", nameSpan);
            }
            Expect(':');
            members.Add(new JsonMember(name, nameSpan, ReadValue()));
            SkipWhitespace();
        }

        _position++;
        return new JsonObject(TextSpan.FromBounds(start, _position), members);
    }

    private JsonArray ReadArray()
    {
        int start = _position++;
        List<JsonNode> items = new();
        SkipWhitespace();
        while (Peek() != ']')
        {
            if (items.Count > 0)
            {
                Expect(',');
            }
            items.Add(ReadValue());
            SkipWhitespace();
        }

        _position++;
        return new JsonArray(TextSpan.FromBounds(start, _position), items);
    }

    private JsonString ReadStringNode()
    {
        int start = _position;
        string value = ReadString();
        return new JsonString(TextSpan.FromBounds(start, _position), value);
    }

    private string ReadString()
    {
        if (Peek() != '"')
        {
            throw Error("a name in quotes is missing");
        }
        _position++;
        StringBuilder text = new();
        while (Peek() != '"')
        {
            char c = _text[_position++];
            if (c < ' ')
            {
                throw Error("a string ends at the end of its line");
            }
            text.Append(c == '\\' ? ReadEscape() : c);
        }

        _position++;
        return text.ToString();
    }

    private char ReadEscape()
    {
        char c = Peek();
        _position++;
        return c switch
        {
            '"' or '\\' or '/' => c,
            'n' => '\n',
            't' => '\t',
            _ => throw Error($"the escape '\\{c}' is not used in schemas"),
        };
    }

    private JsonNumber ReadNumber()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsDigit(_text[_position]) || _text[_position] is '-' or '+' or '.' or 'e' or 'E'))
        {
            _position++;
        }
        return new JsonNumber(TextSpan.FromBounds(start, _position), _text.Substring(start, _position - start));
    }

    private JsonNode ReadWord(string word, Func<TextSpan, JsonNode> make)
    {
        if (string.CompareOrdinal(_text, _position, word, 0, word.Length) != 0)
        {
            throw Error($"'{word}' is misspelt");
        }
        _position += word.Length;
        return make(new TextSpan(_position - word.Length, word.Length));
    }

    private void Expect(char c)
    {
        SkipWhitespace();
        if (Peek() != c)
        {
            throw Error($"'{c}' is missing");
        }
        _position++;
    }

    private void SkipWhitespace()
    {
        while (_position < _text.Length && (_text[_position] is ' ' or '\n' or '\r' or '\t'))
        {
            _position++;
        }
    }

    private char Peek() => _position < _text.Length ? _text[_position] : throw Error("the file ends too early");

    private JsonSyntaxException Error(string message) =>
        new(message, new TextSpan(Math.Min(_position, _text.Length), _position < _text.Length ? 1 : 0));
}
