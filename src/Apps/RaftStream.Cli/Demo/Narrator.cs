using RaftStream.Cli.Output;
using Spectre.Console;

namespace RaftStream.Cli.Demo;

/// <summary>Tells what the demo does, step by step; with JSON to standard error, so that the document stays alone.</summary>
internal sealed class Narrator
{
    private readonly IAnsiConsole _target;
    private readonly TextWriter _writer;
    private readonly int _steps;
    private int _step;

    /// <summary>A narrator of <paramref name="steps"/> steps.</summary>
    public Narrator(CliConsole console, bool toError, int steps)
    {
        bool isTerminal = toError ? console.IsErrorTerminal : console.IsOutTerminal;
        _writer = toError ? console.Error : console.Text;
        _steps = steps;
        _target = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(_writer),
        });
        if (!isTerminal)
        {
            _target.Profile.Width = 4_096;
        }
    }

    /// <summary>Begins the next step.</summary>
    public void Step(string what) => Line($"[bold cyan]{++_step}/{_steps}[/] {Markup.Escape(what)}");

    /// <summary>Adds to the step.</summary>
    public void Detail(string what) => Line($"    [grey]{Markup.Escape(what)}[/]");

    /// <summary>A count of the result.</summary>
    /// <param name="isGood">Null is neither.</param>
    public void Count(string name, long count, bool? isGood, string remark = "")
    {
        string colour = isGood switch { true => "green", false => "red bold", null => "default" };
        Line($"    {name,-14}[{colour}]{Tables.Number(count),10}[/]  [grey]{Markup.Escape(remark)}[/]");
    }

    /// <summary>The last word.</summary>
    public void Verdict(string what, bool isGood) => Line($"\n[{(isGood ? "green" : "red")} bold]{Markup.Escape(what)}[/]");

    private void Line(string markup)
    {
        _target.MarkupLine(markup);
        _writer.Flush();
    }
}
