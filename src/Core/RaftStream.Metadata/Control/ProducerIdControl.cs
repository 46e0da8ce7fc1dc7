using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;

namespace RaftStream.Metadata.Control;

/// <summary>Hands out blocks of producer ids; no id is ever handed out twice (C-14.11, S-C15).</summary>
public static class ProducerIdControl
{
    /// <summary>Ids in one block.</summary>
    public const int BlockSize = 1000;

    /// <summary>Takes the next block.</summary>
    /// <returns>Its first id.</returns>
    public static Decision<long> Allocate(MetadataImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        long first = image.NextProducerId;
        var record = new ProducerIdsRecord { NextProducerId = checked(first + BlockSize) };
        return new Decision<long>([new MetadataRecord { ProducerIds = record }], first);
    }
}
