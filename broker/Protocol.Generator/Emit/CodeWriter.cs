using System.Text;

namespace Broker.Protocol.Generator.Emit;

/// <summary>Indented lines of C#.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _blank;
    private bool _opened;

    public void Line(string line)
    {
        if (_blank && !_opened && line != "}" && line != "};")
        {
            _text.Append('\n');
        }
        _blank = _opened = false;
        _text.Append(' ', _depth * 4).Append(line).Append('\n');
    }

    /// <summary>Asks for an empty line before the next one, unless it would stand at the edge of a block.</summary>
    public void Blank() => _blank = true;

    public void Open(string? line = null)
    {
        if (line is not null)
        {
            Line(line);
        }
        Line("{");
        _depth++;
        _opened = true;
    }

    public void Close(string line = "}")
    {
        _depth--;
        Line(line);
    }

    /// <summary>A statement that is longer than its own line, indented once.</summary>
    public void Indented(string line)
    {
        _depth++;
        Line(line);
        _depth--;
    }

    public override string ToString() => _text.ToString();
}
