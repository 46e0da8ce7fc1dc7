using System.Buffers;
using System.Globalization;
using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;

namespace RaftStream.Broker.Producing;

/// <summary>One produced batch on its way to a partition.</summary>
public readonly record struct ProduceCommand
{
    /// <summary>Where to.</summary>
    public required BrokerPartition Partition { get; init; }

    /// <summary>Exactly one encoded batch; borrowed until the append call has completed.</summary>
    public required ReadOnlySequence<byte> Batch { get; init; }

    /// <summary>When to answer; checked.</summary>
    public required RequiredAcks Acks { get; init; }

    /// <summary>Longest wait for the acknowledgement, milliseconds; 0 is the default.</summary>
    public int TimeoutMs { get; init; }

    /// <summary>Takes the answer, also with acks 0 (then as soon as the append is done).</summary>
    public required IProduceSink Sink { get; init; }

    /// <summary>What the sink calls the request.</summary>
    public ulong RequestId { get; init; }

    /// <summary>Tells when the batch is free again; one per request that may be under way.</summary>
    public required AppendTicket Ticket { get; init; }
}

/// <summary>Checks produced batches on the caller's thread, in the order of, and hands good ones to their partition.</summary>
internal sealed class BatchProducer(BrokerLimits limits, PartitionServices services)
{
    /// <summary>Appends; the sink hears of every outcome exactly once.</summary>
    /// <returns>Completes when the batch's memory is free again; almost always at once.</returns>
    public ValueTask ProduceAsync(in ProduceCommand command)
    {
        PartitionCell cell = command.Partition.Cell;
        ErrorCode error = cell.CheckProduce(command.Acks);
        if (error != ErrorCode.None)
        {
            return RefuseAsync(command, error, MessageOf(error));
        }

        PartitionRules rules = cell.Rules;
        long nowMs = services.WallMs;
        RecordCheck check = RecordBatchValidator.Validate(command.Batch, rules.Batches, nowMs, out ValidatedBatch validated);
        if (!check.IsValid)
        {
            return RefuseAsync(command, check.Error, Describe(check, rules), check.RecordIndex < 0 ? null : check.RecordIndex);
        }

        if (validated.Header.IsTransactional)
        {
            return RefuseAsync(command, ErrorCode.InvalidRecord, "Transactions are not supported by this version: send without a transactional id.");
        }

        RecordBatchHeader header = Stamp(rules, validated, nowMs, out long logAppendTimeMs);
        services.Metrics.Produced(header.RecordCount, header.SizeInBytes);
        return cell.AppendAsync(new AppendRequest(
            command.Batch,
            header,
            command.Acks,
            new ProduceTag(command.Sink, command.RequestId, logAppendTimeMs),
            services.Timers.NowMs + TimeoutOf(command),
            command.Ticket));
    }

    /// <summary>The header to store: what the producer sent, or with the broker's time .</summary>
    private static RecordBatchHeader Stamp(PartitionRules rules, in ValidatedBatch validated, long nowMs, out long logAppendTimeMs)
    {
        RecordBatchHeader header = validated.Header;
        logAppendTimeMs = -1;
        TimestampType type = TimestampType.CreateTime;
        long maxTimestamp = validated.MaxTimestamp;
        if (rules.StampsLogAppendTime)
        {
            (type, maxTimestamp, logAppendTimeMs) = (TimestampType.LogAppendTime, nowMs, nowMs);
        }
        else if (maxTimestamp == header.MaxTimestamp)
        {
            return header;
        }

        // A producer may state the largest timestamp wrongly; retention and lookups by time rely on it.
        Span<byte> bytes = stackalloc byte[RecordBatchHeader.Size];
        header.Write(bytes);
        RecordBatchPatch.Timestamp(bytes, type, maxTimestamp);
        Invariant.Check(RecordBatchHeader.TryRead(bytes, out header));
        return header;
    }

    private long TimeoutOf(in ProduceCommand command) => command.TimeoutMs <= 0
        ? limits.DefaultProduceTimeoutMs
        : Math.Min(command.TimeoutMs, limits.MaxProduceTimeoutMs);

    private ValueTask RefuseAsync(in ProduceCommand command, ErrorCode error, string? message, int? faultyRecord = null)
    {
        services.Metrics.ProduceRefused(error);
        command.Sink.OnProduced(command.RequestId, ProduceResult.Failed(error, message) with { FaultyRecord = faultyRecord });
        return ValueTask.CompletedTask;
    }

    private static string Describe(RecordCheck check, PartitionRules rules) => check.Error switch
    {
        ErrorCode.MessageTooLarge => string.Create(
            CultureInfo.InvariantCulture, $"{check.Reason} The topic takes batches of up to {rules.Batches.MaxBatchBytes} bytes."),
        _ => check.Reason,
    };

    private static string? MessageOf(ErrorCode error) => error switch
    {
        ErrorCode.InvalidRequiredAcks => "acks must be all, leader or none.",
        ErrorCode.InvalidTopicException => "The topic is the cluster's own: clients may read it, and not write to it.",
        ErrorCode.NotEnoughReplicas => "Fewer replicas are in sync than min.insync.replicas asks for.",
        ErrorCode.KafkaStorageError => "The broker's disk is full or has failed; nothing was appended.",
        _ => null,
    };
}
