using RaftStream.Client.V1;

namespace RaftStream.Client.Routing;

/// <summary>Asks the leaders of partitions which producers they know.</summary>
internal sealed class ProducerQueries(RaftStreamClientOptions options, BrokerCalls calls, ClusterMetadata metadata)
{
    /// <summary>The producers of one partition, by id.</summary>
    /// <exception cref="RaftStreamException">There is no such partition, or its leader did not answer in time.</exception>
    public Task<IReadOnlyList<ProducerDescription>> DescribeAsync(NamedPartition partition, CancellationToken cancellationToken)
    {
        var request = new DescribeProducersRequest
        {
            Partitions = { new PartitionRef { Topic = AdminMapping.ToRef(partition.Topic), Partition = partition.Partition } },
        };
        return calls.Retries.ExecuteWithinAsync<IReadOnlyList<ProducerDescription>>(
            async (failures, token) =>
            {
                if (failures > 0 || metadata.Current.LeaderOf(partition) is null)
                {
                    await metadata.RefreshAsync([partition.Topic], token).ConfigureAwait(false);
                }

                DescribeProducersResponse response = await calls.CallOnceAsync(
                    metadata.Current.LeaderOf(partition) ?? throw metadata.WhyNoLeader(partition),
                    static invoker => new V1.Admin.AdminClient(invoker),
                    static (client, request, callOptions) => client.DescribeProducersAsync(request, callOptions),
                    request,
                    token).ConfigureAwait(false);
                RpcErrors.ThrowIfFailed(response.Partitions[0].Error);
                return [.. response.Partitions[0].Producers.Select(producer => new ProducerDescription(
                    partition,
                    producer.ProducerId,
                    producer.ProducerEpoch,
                    producer.LastSequence,
                    producer.LastTimestampMs,
                    producer.CoordinatorEpoch,
                    producer.CurrentTxnStartOffset))];
            },
            options.OperationTimeout,
            cancellationToken);
    }
}
