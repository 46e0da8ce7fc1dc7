using System.Collections.Immutable;

namespace RaftStream.Metadata.Images;

/// <summary>Everything the cluster agrees on, as of one offset of the metadata log. Immutable: read it without a lock.</summary>
public sealed record MetadataImage
{
    /// <summary>Before the first record.</summary>
    public static readonly MetadataImage Empty = new();

    /// <summary>Exclusive end of the records replayed into this image.</summary>
    public long EndOffset { get; init; }

    /// <summary>Topics and partitions.</summary>
    public TopicsImage Topics { get; init; } = TopicsImage.Empty;

    /// <summary>Values that were set.</summary>
    public ConfigsImage Configs { get; init; } = ConfigsImage.Empty;

    /// <summary>Brokers.</summary>
    public BrokersImage Brokers { get; init; } = BrokersImage.Empty;

    /// <summary>First producer id that was never handed out (C-14.11).</summary>
    public long NextProducerId { get; init; }

    /// <summary>Levels of features by name, in ordinal order.</summary>
    public ImmutableSortedDictionary<string, int> Features { get; init; } =
        ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);
}
