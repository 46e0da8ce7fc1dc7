using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>Asks the leader of every partition of a topic for its log.</summary>
internal sealed class LogQueries(RaftStreamClientOptions options, BrokerCalls calls, ClusterMetadata metadata)
{
    /// <summary>Longest wait for one leader: the others are asked meanwhile, but the answer is one for all of them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>One answer for each partition, by number.</summary>
    /// <exception cref="RaftStreamException">There is no such topic, or no broker says who leads.</exception>
    public async Task<IReadOnlyList<LeaderLog>> DescribeAsync(string topic, CancellationToken cancellationToken)
    {
        ClusterView view = await calls.Retries.ExecuteWithinAsync(
            token => metadata.RefreshAsync([topic], token), options.OperationTimeout, cancellationToken).ConfigureAwait(false);
        TopicView found = view.Topics.GetValueOrDefault(topic) ?? throw ClusterMetadata.UnknownTopic(topic);
        var partitions = Enumerable.Range(0, found.Partitions.Length).Select(number => new NamedPartition(topic, number));
        LeaderLog[][] answers = await Task.WhenAll(partitions.GroupBy(view.LeaderOf).Select(
            group => AskAsync(group.Key, [.. group], found, cancellationToken))).ConfigureAwait(false);
        return [.. answers.SelectMany(answer => answer).OrderBy(answer => answer.Partition)];
    }

    private async Task<LeaderLog[]> AskAsync(
        string? endpoint, NamedPartition[] partitions, TopicView topic, CancellationToken cancellationToken)
    {
        Dictionary<int, LogDescription> logs = [];
        RaftStreamException? failure = null;
        if (endpoint is not null)
        {
            try
            {
                DescribeLogsResponse response = await calls.CallOnceAsync(
                    endpoint,
                    static invoker => new V1.Admin.AdminClient(invoker),
                    static (client, request, callOptions) => client.DescribeLogsAsync(request, callOptions),
                    new DescribeLogsRequest { Topics = { AdminMapping.ToRef(topic.Name) } },
                    cancellationToken,
                    Patience).ConfigureAwait(false);
                logs = response.Logs.ToDictionary(log => log.Partition, AdminMapping.ToLog);
            }
            catch (RaftStreamException exception)
            {
                failure = exception;
            }
        }

        return [.. partitions.Select(partition =>
        {
            PartitionView view = topic.Partitions[partition.Partition];
            int leader = view.Leader.Value;
            return logs.TryGetValue(partition.Partition, out LogDescription? log)
                ? new LeaderLog(partition, leader, log, null)
                : new LeaderLog(partition, leader, null, failure ?? (endpoint is null ? view.NoLeader(partition) : LeadsNoMore(leader)));
        })];
    }

    private static RaftStreamException LeadsNoMore(int leader) =>
        new(ErrorCode.LeaderNotAvailable, $"Broker {leader} leads no more, or not yet.");
}
