using System.CommandLine;
using System.CommandLine.Parsing;

namespace RaftStream.Cli.CommandLine;

/// <summary>Limits of option values.</summary>
internal static class OptionChecks
{
    /// <summary>Refuses numbers below 1: to a broker they may mean its default, which nobody means who writes 0.</summary>
    public static Option<int?> AtLeastOne(this Option<int?> option) =>
        option.Checked(static count => count is null or >= 1, $"{option.Name} must be 1 or more.");

    /// <summary>Refuses values that are not sane, with <paramref name="mistake"/>.</summary>
    public static Option<T> Checked<T>(this Option<T> option, Func<T?, bool> isSane, string mistake)
    {
        option.Validators.Add(result =>
        {
            if (TryRead(result, out T? value) && !isSane(value))
            {
                result.AddError(mistake);
            }
        });
        return option;
    }

    private static bool TryRead<T>(OptionResult result, out T? value)
    {
        try
        {
            value = result.GetValueOrDefault<T>();
            return true;
        }
        catch (InvalidOperationException)
        {
            // Not even of the type: the parser explains that itself.
            value = default;
            return false;
        }
    }
}
