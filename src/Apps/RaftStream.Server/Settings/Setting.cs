using System.Diagnostics.CodeAnalysis;

namespace RaftStream.Server.Settings;

/// <summary>One setting of the server: its name, what it may be, and what it means. All of it is in <see cref="SettingsSchema"/>.</summary>
public abstract class Setting
{
    private protected Setting(string key, string documentation)
    {
        Key = key;
        Documentation = documentation;
    }

    /// <summary>Name in lower case with dots, e.g. <c>grpc.port</c>; a unit is part of it (<c>.ms</c>, <c>.bytes</c>).</summary>
    public string Key { get; }

    /// <summary>One or two sentences for people.</summary>
    public string Documentation { get; }

    /// <summary>Heading under which it is listed.</summary>
    public string Section { get; internal init; } = "";

    /// <summary>Other names that mean this one on the command line.</summary>
    public IReadOnlyList<string> Aliases { get; internal init; } = [];

    /// <summary>Type as users read it: int, long, boolean, string, path, address.</summary>
    public abstract string TypeName { get; }

    /// <summary>What is allowed besides the type; empty when all of it is.</summary>
    public abstract string Limits { get; }

    /// <summary>The default as text; empty is none.</summary>
    public abstract string DefaultText { get; }

    /// <summary>A value as text, in the form that is read back.</summary>
    internal abstract string TextOf(object value);

    /// <summary>True when the name alone means <c>true</c> on the command line.</summary>
    internal abstract bool IsSwitch { get; }

    /// <summary>Reads a text; on failure <paramref name="mistake"/> ends a sentence that begins with the setting.</summary>
    internal abstract bool TryParse(string text, [NotNullWhen(true)] out object? value, out string? mistake);
}

/// <summary>A <see cref="Setting"/> whose value is a <typeparamref name="T"/>.</summary>
public sealed class Setting<T> : Setting
    where T : notnull
{
    private readonly SettingType<T> _type;

    internal Setting(string key, SettingType<T> type, T defaultValue, string documentation)
        : base(key, documentation)
    {
        _type = type;
        Default = defaultValue;
    }

    /// <summary>The value when no source sets it.</summary>
    public T Default { get; }

    /// <inheritdoc/>
    public override string TypeName => _type.Name;

    /// <inheritdoc/>
    public override string Limits => _type.Limits;

    /// <inheritdoc/>
    public override string DefaultText => _type.Format(Default);

    internal override string TextOf(object value) => _type.Format((T)value);

    internal override bool IsSwitch => typeof(T) == typeof(bool);

    internal override bool TryParse(string text, [NotNullWhen(true)] out object? value, out string? mistake)
    {
        bool good = _type.Parse(text, out T? parsed, out mistake);
        value = parsed;
        return good;
    }
}
