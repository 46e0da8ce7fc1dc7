using RaftStream.Chaos.Clusters;

namespace RaftStream.Chaos.Nemeses;

/// <summary>The user's own fault: one command does it, another one heals it.</summary>
internal sealed class GivenCommands(string hit, string? heal) : INemesis
{
    public string Name => "command";

    public string What => "what --hit does; --heal undoes it";

    public Task StrikeAsync(NemesisContext context, CancellationToken enough) => context.StrikeAsync(
        Name, [], context.Between(1, 8), _ => Task.CompletedTask, _ => Task.CompletedTask, enough, hit, () => RunAsync(hit), () => heal is null ? Task.CompletedTask : RunAsync(heal));

    private static Task<string> RunAsync(string command) => Command.RunAsync("/bin/sh", ["-c", command]);
}
