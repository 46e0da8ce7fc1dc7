namespace RaftStream.Server.Settings;

/// <summary>The value of every setting, and where it comes from.</summary>
internal sealed class SettingValues
{
    private readonly Dictionary<string, (object Value, string Origin)> _given = [];

    /// <summary>The value that a source gave, else the default.</summary>
    public T Get<T>(Setting<T> setting)
        where T : notnull => _given.TryGetValue(setting.Key, out (object Value, string Origin) given) ? (T)given.Value : setting.Default;

    /// <summary>True when a source gave a value.</summary>
    public bool IsGiven(Setting setting) => _given.ContainsKey(setting.Key);

    /// <summary>The value that counts, as text.</summary>
    public string TextOf(Setting setting) =>
        _given.TryGetValue(setting.Key, out (object Value, string Origin) given) ? setting.TextOf(given.Value) : setting.DefaultText;

    /// <summary>Where the value comes from, for people.</summary>
    public string OriginOf(Setting setting) =>
        _given.TryGetValue(setting.Key, out (object Value, string Origin) given) ? given.Origin : "default";

    /// <summary>Sets a value; a later source wins.</summary>
    public void Set(Setting setting, object value, string origin) => _given[setting.Key] = (value, origin);
}
