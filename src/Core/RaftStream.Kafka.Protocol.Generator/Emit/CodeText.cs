using System.Text;

namespace RaftStream.Kafka.Protocol.Generator.Emit;

/// <summary>C# source under construction, indented by its braces.</summary>
internal sealed class CodeText
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Adds a line; an empty one stays empty.</summary>
    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            _text.Append(' ', 4 * _depth).Append(line);
        }

        _text.Append('\n');
    }

    /// <summary>Adds a line and the brace that opens its block.</summary>
    public void Open(string line)
    {
        Line(line);
        Line("{");
        _depth++;
    }

    /// <summary>Closes the innermost block.</summary>
    public void Close()
    {
        _depth--;
        Line("}");
    }

    /// <summary>Adds <paramref name="body"/> under a condition of generated code, and nothing around it where that is "true" or "false".</summary>
    /// <param name="otherwise">What there is where it does not hold.</param>
    public void When(string condition, Action body, Action? otherwise = null)
    {
        if (condition == "true")
        {
            body();
        }
        else if (condition == "false")
        {
            otherwise?.Invoke();
        }
        else
        {
            Open($"if ({condition})");
            body();
            Close();
            if (otherwise is not null)
            {
                Open("else");
                otherwise();
                Close();
            }
        }
    }

    public override string ToString() => _text.ToString();
}
