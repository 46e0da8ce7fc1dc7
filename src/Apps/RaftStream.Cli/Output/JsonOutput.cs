using System.Text.Encodings.Web;
using System.Text.Json;

namespace RaftStream.Cli.Output;

/// <summary>One JSON document on standard output. Field names are camelCase, and a promise.</summary>
internal static class JsonOutput
{
    /// <summary>Settings of every document: readable non-ASCII text, since no browser reads it.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes what <paramref name="write"/> writes, and a line end; indented where people read it.</summary>
    public static void Write(CliConsole console, Action<Utf8JsonWriter> write)
    {
        // Not disposed: that would close the console.
        var buffered = new BufferedStream(console.Out, 64 * 1024);
        using (var json = new Utf8JsonWriter(buffered, Options with { Indented = console.IsOutTerminal }))
        {
            write(json);
        }

        buffered.WriteByte((byte)'\n');
        buffered.Flush();
    }

    /// <summary>Writes an array of what <paramref name="write"/> writes for each item.</summary>
    public static void WriteArray<T>(
        this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes an array of numbers.</summary>
    public static void WriteNumbers(this Utf8JsonWriter json, string name, IEnumerable<int> numbers) =>
        json.WriteArray(name, numbers, static (writer, number) => writer.WriteNumberValue(number));
}
