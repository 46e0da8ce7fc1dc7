using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>A block of <see cref="ProducerIdControl.BlockSize"/> ids.</summary>
/// <param name="First">Its first id; valid without an error.</param>
/// <param name="Error">STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED, or null.</param>
public sealed record ProducerIdBlock(long First, OperationError? Error);

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

    /// <summary>Takes the next block for a broker.</summary>
    public static Decision<ProducerIdBlock> Allocate(MetadataImage image, NodeId broker, BrokerEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (BrokerControl.Check(image, broker, epoch) is { } error)
        {
            return new Decision<ProducerIdBlock>([], new ProducerIdBlock(-1, error));
        }

        Decision<long> block = Allocate(image);
        return new Decision<ProducerIdBlock>(block.Records, new ProducerIdBlock(block.Response, null));
    }
}
