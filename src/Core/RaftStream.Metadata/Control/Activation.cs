using System.Collections.Immutable;
using RaftStream.Internal.V1;

namespace RaftStream.Metadata.Control;

/// <summary>What a new controller writes before anything else (C-14.5).</summary>
internal static class Activation
{
    /// <summary>Says only that the controller lives.</summary>
    public static ControllerOperation NoOp { get; } =
        new("no-op", _ => new OperationDecision([NoOpRecord()], _ => null), StrongRead: false);

    /// <summary>The end of its predecessor's transaction if it left one, then the bootstrap records of an empty log, or a NoOp.</summary>
    public static ImmutableArray<ControllerOperation> Operations(bool inTransaction)
    {
        var begin = new ControllerOperation("activate", view =>
        {
            ImmutableArray<MetadataRecord> bootstrap = FeatureControl.Bootstrap(view.Latest).Records;
            return new OperationDecision(bootstrap.IsEmpty ? [NoOpRecord()] : bootstrap, _ => null);
        });
        return inTransaction ? [Abort(), begin] : [begin];
    }

    private static ControllerOperation Abort() => new("abort", _ =>
    {
        var record = new AbortTransactionRecord { Reason = "The controller that began it is no longer the controller." };
        return new OperationDecision([new MetadataRecord { AbortTransaction = record }], _ => null);
    });

    private static MetadataRecord NoOpRecord() => new() { NoOp = new NoOpRecord() };
}
