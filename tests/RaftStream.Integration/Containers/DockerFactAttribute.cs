namespace RaftStream.Integration.Containers;

/// <summary>A test that needs a Docker engine with compose; skipped where there is none, with what is missing as the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DockerFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Missing = new(() =>
    {
        (int exitCode, string text) = ComposeStack.RunScript(["check"], new Dictionary<string, string>()).GetAwaiter().GetResult();
        return exitCode == 0 ? null : text.Trim().Replace("error: ", "", StringComparison.Ordinal);
    });

    public DockerFactAttribute()
    {
        if (Missing.Value is { } reason)
        {
            Skip = reason;
        }
    }
}
