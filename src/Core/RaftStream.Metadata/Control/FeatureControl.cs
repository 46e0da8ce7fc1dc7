using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;

namespace RaftStream.Metadata.Control;

/// <summary>What the first leader of an empty metadata log writes (C-14.5).</summary>
public static class FeatureControl
{
    /// <summary>Gates new kinds of records (C-14.8).</summary>
    public const string MetadataVersion = "metadata.version";

    /// <summary>The level that this version writes.</summary>
    public const int CurrentMetadataVersion = 1;

    /// <summary>What brokers of this version can work with (C-14.9).</summary>
    public static ImmutableArray<SupportedFeature> Supported { get; } = [new(MetadataVersion, 1, CurrentMetadataVersion)];

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
