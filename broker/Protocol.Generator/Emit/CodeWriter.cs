using System.Text;

namespace Broker.Protocol.Generator.Emit;

/// <summary>Indented lines of C#.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _blank;

    public void Line(string line)
    {
        if (_blank && line != "}" && line != "};")
            _text.Append('\n');
        _blank = false;
        _text.Append(' ', _depth * 4).Append(line).Append('\n');
    }

    /// <summary>Asks for an empty line before the next one, unless that closes a block.</summary>
    public void Blank() => _blank = true;

    public void Open(string? line = null)
    {
        if (line is not null)
            Line(line);
        Line("{");
        _depth++;
        _blank = false;
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
