using System.Globalization;
using Spectre.Console;

namespace RaftStream.Cli.Output;

/// <summary>Tables for people.</summary>
internal static class Tables
{
    // Not cut where no one looks at it: a pipe or a file has no width.
    private const int WidthOfAFile = 4_096;

    /// <summary>A table with these columns; those that begin with '#' hold numbers, at the right.</summary>
    public static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Minimal, UseSafeBorder = true };
        foreach (string column in columns)
        {
            bool isNumber = column.StartsWith('#');
            var header = new TableColumn(new Text(isNumber ? column[1..] : column, new Style(decoration: Decoration.Bold)))
            {
                NoWrap = true,
            };
            table.AddColumn(isNumber ? header.RightAligned() : header);
        }

        return table;
    }

    /// <summary>Adds a row of plain text: nothing in it is markup.</summary>
    public static Table Row(this Table table, params string[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(cell))]);

    /// <summary>Prints the table to standard output.</summary>
    public static void Print(this Table table, CliConsole console)
    {
        IAnsiConsole target = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = console.IsOutTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = console.IsOutTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(console.Text),
        });
        if (!console.IsOutTerminal)
        {
            target.Profile.Width = WidthOfAFile;
        }

        target.Write(table);
    }

    /// <summary>A whole number with separators.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size for people: bytes up to 10 KiB, then KiB, MiB, GiB with three digits or so.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 10L << 10 => $"{Number(bytes)} B",
        < 10L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:N0} KiB"),
        < 10L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:N0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:N1} GiB"),
    };
}
