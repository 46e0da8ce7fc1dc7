using System.Globalization;

namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>Reads a schema file. The notation is described in the README of RaftStream.Kafka.Protocol.</summary>
public sealed class SchemaParser
{
    private static readonly Dictionary<string, FieldKind> Scalars = new()
    {
        ["bool"] = FieldKind.Bool,
        ["int8"] = FieldKind.Int8,
        ["int16"] = FieldKind.Int16,
        ["uint16"] = FieldKind.UInt16,
        ["int32"] = FieldKind.Int32,
        ["int64"] = FieldKind.Int64,
        ["float64"] = FieldKind.Float64,
        ["uuid"] = FieldKind.Uuid,
        ["string"] = FieldKind.String,
        ["bytes"] = FieldKind.Bytes,
        ["records"] = FieldKind.Records,
    };

    private readonly ApiSchema _api = new();
    private readonly List<SchemaError> _errors = [];

    // The structs that enclose the current line, with the column at which their fields begin (−1 until the first one).
    private readonly Stack<Block> _blocks = new();
    private FieldSchema? _last;
    private int _lastColumn;
    private bool _hasHead;

    private SchemaParser()
    {
    }

    /// <summary>Reads <paramref name="text"/>; what is wrong with it is added to <paramref name="errors"/>.</summary>
    /// <returns>The schema; only to be used when there are no errors.</returns>
    public static ApiSchema Parse(string text, List<SchemaError> errors)
    {
        var parser = new SchemaParser();
        string[] lines = text.Replace("\r\n", "\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            parser.Line(lines[i], i);
        }

        if (!parser._hasHead)
        {
            parser.Error(0, "The file must begin with a line \"api <name> key <number> versions <range> flexible <range>\".");
        }

        errors.AddRange(parser._errors);
        if (errors.Count == 0)
        {
            SchemaChecks.Check(parser._api, errors);
        }

        return parser._api;
    }

    private void Line(string line, int number)
    {
        int comment = line.IndexOf('#');
        string content = (comment < 0 ? line : line.Substring(0, comment)).TrimEnd();
        if (content.Length == 0)
        {
            return;
        }

        if (content.IndexOf('\t') >= 0)
        {
            Error(number, "Indent with spaces.");
            return;
        }

        int column = 0;
        while (content[column] == ' ')
        {
            column++;
        }

        var words = new Words(content.Split([' '], StringSplitOptions.RemoveEmptyEntries));
        if (column == 0)
        {
            Section(words, number);
        }
        else
        {
            Field(words, column, number);
        }
    }

    private void Section(Words words, int line)
    {
        _blocks.Clear();
        _last = null;
        string kind = words.Next();
        if (kind == "api")
        {
            Head(words, line);
            return;
        }

        if (!_hasHead)
        {
            Error(line, "The \"api\" line comes first.");
            return;
        }

        StructSchema section;
        switch (kind)
        {
            case "request" when _api.Request is null:
                _api.Request = section = new StructSchema(_api.Name + "Request", line);
                break;
            case "response" when _api.Response is null:
                _api.Response = section = new StructSchema(_api.Name + "Response", line);
                break;
            case "struct" when IsName(words.Peek):
                section = new StructSchema(words.Next(), line);
                if (_api.Structs.ContainsKey(section.Name))
                {
                    Error(line, $"There is a struct {section.Name} already.");
                }

                _api.Structs[section.Name] = section;
                break;
            default:
                Error(line, $"\"{kind}\" begins no section here: one \"request\", one \"response\", and \"struct <Name>\" do.");
                return;
        }

        ExpectEnd(words, line);
        _blocks.Push(new Block(section, -1));
    }

    private void Head(Words words, int line)
    {
        if (_hasHead)
        {
            Error(line, "There is an \"api\" line already.");
            return;
        }

        _hasHead = true;
        _api.Name = words.Next();
        if (!IsName(_api.Name))
        {
            Error(line, $"\"{_api.Name}\" is no name: a capital letter, then letters and digits.");
        }

        bool good = words.Next() == "key";
        good &= short.TryParse(words.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out short key);
        good &= words.Next() == "versions";
        good &= VersionRange.TryParse(words.Next(), out VersionRange versions);
        good &= words.Next() == "flexible";
        good &= VersionRange.TryParse(words.Next(), out VersionRange flexible);
        if (!good || versions.IsEmpty || versions.High == VersionRange.Open)
        {
            Error(line, "Expected \"api <name> key <number> versions <first>-<last> flexible <first>+\" (or \"flexible none\").");
            return;
        }

        _api.Key = key;
        _api.Versions = versions;
        _api.Flexible = flexible;
        ExpectEnd(words, line);
    }

    private void Field(Words words, int column, int line)
    {
        if (_blocks.Count == 0)
        {
            Error(line, "A field must stand in a section.");
            return;
        }

        if (!Enter(column, line))
        {
            return;
        }

        var field = new FieldSchema(words.Next(), line);
        if (!IsName(field.Name))
        {
            Error(line, $"\"{field.Name}\" is no name: a capital letter, then letters and digits.");
        }

        Type(field, words.Next(), line);
        if (VersionRange.TryParse(words.Peek, out VersionRange versions))
        {
            words.Next();
            field.Versions = versions;
            field.Nullable = field.Nullable.And(versions);
        }

        Attributes(field, words, line);
        _blocks.Peek().Struct.Fields.Add(field);
        _last = field;
        _lastColumn = column;
    }

    /// <summary>Finds the struct that a field at <paramref name="column"/> belongs to.</summary>
    private bool Enter(int column, int line)
    {
        if (_blocks.Peek().Column < 0)
        {
            _blocks.Push(new Block(_blocks.Pop().Struct, column));
            return true;
        }

        if (_last is not null && column > _lastColumn)
        {
            if (_last.Kind != FieldKind.Struct || _last.Struct is not null)
            {
                Error(line, $"{_last.Name} is no struct, so no field can stand below it.");
                return false;
            }

            _last.Struct = new StructSchema(_last.StructName, _last.Line);
            _blocks.Push(new Block(_last.Struct, column));
            return true;
        }

        while (_blocks.Peek().Column > column && _blocks.Count > 1)
        {
            _blocks.Pop();
        }

        if (_blocks.Peek().Column != column)
        {
            Error(line, "The indentation fits no field above.");
            return false;
        }

        return true;
    }

    private void Type(FieldSchema field, string type, int line)
    {
        if (type.EndsWith("?", StringComparison.Ordinal))
        {
            field.Nullable = VersionRange.All;
            type = type.Substring(0, type.Length - 1);
        }

        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            field.IsArray = true;
            type = type.Substring(2);
        }

        if (Scalars.TryGetValue(type, out FieldKind kind))
        {
            field.Kind = kind;
        }
        else if (IsName(type))
        {
            field.Kind = FieldKind.Struct;
            field.StructName = type;
        }
        else
        {
            Error(line, $"\"{type}\" is no type.");
        }
    }

    private void Attributes(FieldSchema field, Words words, int line)
    {
        while (words.Peek.Length > 0)
        {
            string word = words.Next();
            VersionRange range;
            switch (word)
            {
                case "nullable" when VersionRange.TryParse(words.Peek, out range):
                    words.Next();
                    field.Nullable = range.And(field.Versions);
                    break;
                case "tag" when int.TryParse(words.Peek, NumberStyles.None, CultureInfo.InvariantCulture, out int tag):
                    words.Next();
                    field.Tag = tag;
                    field.TaggedVersions = field.Versions;
                    if (VersionRange.TryParse(words.Peek, out range))
                    {
                        words.Next();
                        field.TaggedVersions = range.And(field.Versions);
                    }

                    break;
                case "ignorable":
                    field.Ignorable = true;
                    break;
                case "=" when words.Peek.Length > 0:
                    field.Default = words.Next();
                    break;
                default:
                    Error(line, $"\"{word}\" is not understood here: nullable <range>, tag <number>, ignorable, = <default>.");
                    return;
            }
        }
    }

    private void ExpectEnd(Words words, int line)
    {
        if (words.Peek.Length > 0)
        {
            Error(line, $"\"{words.Peek}\" is too much on this line.");
        }
    }

    private void Error(int line, string message) => _errors.Add(new SchemaError(line, message));

    private static bool IsName(string word)
    {
        if (word.Length == 0 || word[0] is < 'A' or > 'Z')
        {
            return false;
        }

        foreach (char c in word)
        {
            if (c is not ((>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= '0' and <= '9')))
            {
                return false;
            }
        }

        return true;
    }

    private sealed class Block(StructSchema fields, int column)
    {
        public StructSchema Struct { get; } = fields;

        public int Column { get; } = column;
    }

    private sealed class Words(string[] words)
    {
        private int _at;

        public string Peek => _at < words.Length ? words[_at] : "";

        public string Next()
        {
            string word = Peek;
            _at++;
            return word;
        }
    }
}
