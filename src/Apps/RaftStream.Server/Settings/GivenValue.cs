namespace RaftStream.Server.Settings;

/// <summary>A name and a text that some source gave, before anyone looked whether they are right.</summary>
/// <param name="Key">Name in its normal form (<see cref="SettingKey.Normalize"/>).</param>
/// <param name="Text">The value as written.</param>
/// <param name="Origin">Where it stands, for people: <c>command line --grpc-port</c>.</param>
internal readonly record struct GivenValue(string Key, string Text, string Origin);

/// <summary>The one form that all spellings of a setting's name have in common.</summary>
internal static class SettingKey
{
    /// <summary>
    /// <c>GRPC__PORT</c>, <c>Grpc:Port</c>, <c>grpc-port</c>, <c>grpc_port</c> and <c>grpc.port</c> are all <c>grpc.port</c>.
    /// </summary>
    public static string Normalize(string name)
    {
        string[] words = name.Split(['.', ':', '_', '-'], StringSplitOptions.RemoveEmptyEntries);
        return string.Join('.', words).ToLowerInvariant();
    }
}
