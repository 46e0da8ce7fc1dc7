using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>In which direction a feature's level is to change; the numbers are Kafka's (KIP-584).</summary>
public enum FeatureChange
{
    /// <summary>To a higher level.</summary>
    Upgrade = 1,

    /// <summary>To a lower level, when no metadata is lost.</summary>
    SafeDowngrade = 2,

    /// <summary>To a lower level, whatever is lost.</summary>
    UnsafeDowngrade = 3,
}

/// <summary>Levels of features, and what the first leader of an empty metadata log writes (C-14.5, C-14.8).</summary>
public static class FeatureControl
{
    /// <summary>Gates new kinds of records (C-14.8).</summary>
    public const string MetadataVersion = "metadata.version";

    /// <summary>The level that this version writes.</summary>
    public const int CurrentMetadataVersion = 1;

    /// <summary>What brokers of this version can work with (C-14.9).</summary>
    public static ImmutableArray<SupportedFeature> Supported { get; } = [new(MetadataVersion, 1, CurrentMetadataVersion)];

    /// <summary>
    /// What is wrong with asking for a level of a feature; null when nothing is. Each feature has one level so far, so what is right is so
    /// already, and nothing is ever to be changed.
    /// </summary>
    /// <returns>INVALID_UPDATE_VERSION, or FEATURE_UPDATE_FAILED for what would be a change.</returns>
    public static OperationError? Problem(MetadataImage image, string feature, int level, FeatureChange change)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (change is not (FeatureChange.Upgrade or FeatureChange.SafeDowngrade or FeatureChange.UnsafeDowngrade))
        {
            return Invalid($"There is no kind of change {(int)change}.");
        }

        if (Supported.FirstOrDefault(known => known.Name == feature) is not { Name: not null } supported)
        {
            return Invalid($"This version does not know the feature '{feature}'.");
        }

        if (level < supported.MinLevel || level > supported.MaxLevel)
        {
            return Invalid($"This version works with levels {supported.MinLevel} to {supported.MaxLevel} of {feature}, not with {level}.");
        }

        int now = image.Features.GetValueOrDefault(feature);
        return level == now ? null
            : level < now && change == FeatureChange.Upgrade ? Invalid($"{feature} is at level {now}: level {level} would be a downgrade, and has to be asked for as one.")
            : level > now && change != FeatureChange.Upgrade ? Invalid($"{feature} is at level {now}: level {level} would be an upgrade, and was asked for as a downgrade.")
            : new OperationError(ErrorCode.FeatureUpdateFailed, $"{feature} cannot be changed from level {now} to {level} by this version.");
    }

    private static OperationError Invalid(string message) => new(ErrorCode.InvalidUpdateVersion, message);

    /// <summary>The bootstrap records, or none when the log has them.</summary>
    public static Decision<bool> Bootstrap(MetadataImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.Features.ContainsKey(MetadataVersion))
        {
            return new Decision<bool>([], false);
        }

        var record = new FeatureRecord { Name = MetadataVersion, Level = CurrentMetadataVersion };
        return new Decision<bool>([new MetadataRecord { Feature = record }], true);
    }
}
