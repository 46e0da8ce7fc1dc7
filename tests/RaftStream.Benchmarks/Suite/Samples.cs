using System.Globalization;
using System.Text.Json;

namespace RaftStream.Benchmarks.Suite;

/// <summary>One figure of one case over all rounds.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    /// <summary>Rounds that gave a value.</summary>
    public int Count => _values.Count;

    /// <summary>The middle one; the mean of the two middle ones of an even number.</summary>
    public double Median
    {
        get
        {
            List<double> sorted = [.. _values.Order()];
            int middle = sorted.Count / 2;
            return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /// <summary>Takes the value of one round.</summary>
    public void Add(double value) => _values.Add(value);

    /// <summary><c>median (min-max)</c>, with so many decimals; a single value alone.</summary>
    public string Show(int decimals)
    {
        string format = $"N{decimals}";
        return _values.Count switch
        {
            0 => "",
            1 => Text(_values[0], format),
            _ => $"{Text(Median, format)} ({Text(_values.Min(), format)}-{Text(_values.Max(), format)})",
        };
    }

    /// <summary>Writes an object of that name.</summary>
    public void WriteJson(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteNumber("median", Math.Round(Median, 4));
        json.WriteNumber("min", Math.Round(_values.Min(), 4));
        json.WriteNumber("max", Math.Round(_values.Max(), 4));
        json.WriteNumber("count", _values.Count);
        json.WriteEndObject();
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
