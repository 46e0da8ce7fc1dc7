using System.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Benchmarks.Suite;

/// <summary><c>suite</c>: all cases, round by round, so that a change of the machine's mood meets all of them.</summary>
internal static class SuiteCommand
{
    public static Command Create() => SuiteOptions.CommandLine(RunAsync);

    private static async Task<int> RunAsync(SuiteOptions options, CancellationToken cancellationToken)
    {
        using var console = CliConsole.OfProcess();
        if (!File.Exists(options.Command))
        {
            console.Error.WriteLine($"error: there is no {options.Command}. Publish it first; scripts/bench does.");
            return 1;
        }

        List<SuiteCase> cases = [.. SuiteCase.All.Where(one => one.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase))];
        var results = cases.ToDictionary(one => one, _ => new Dictionary<string, Samples>());
        var runner = new SuiteRunner(options);
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (SuiteCase suiteCase in cases)
            {
                console.Error.WriteLine($"round {round} of {options.Rounds}: {suiteCase.Name}");
                await runner.RunAsync(suiteCase, results[suiteCase], cancellationToken);
            }
        }

        var report = new SuiteReport(options, results);
        report.Print(console);
        if (options.JsonFile is { } path)
        {
            await using FileStream file = File.Create(path);
            using var json = new System.Text.Json.Utf8JsonWriter(file, JsonOutput.Options with { Indented = true });
            report.WriteJson(json);
        }

        return 0;
    }
}
