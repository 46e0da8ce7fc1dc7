using System.Collections.Concurrent;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>Asks leaders for the offsets that positions mean.</summary>
internal sealed class OffsetQueries(RaftStreamClientOptions options, BrokerCalls calls, ClusterMetadata metadata)
{
    private const long Latest = -1;
    private const long None = -1;

    /// <summary>One answer for each question, in their order.</summary>
    /// <exception cref="RaftStreamException">A partition does not exist, or its leader did not answer in time.</exception>
    public async Task<IReadOnlyList<OffsetAnswer>> ListAsync(
        IReadOnlyList<(NamedPartition Partition, StartPosition Position)> questions, CancellationToken cancellationToken)
    {
        var answers = new Dictionary<NamedPartition, OffsetAnswer>();
        await calls.Retries.ExecuteWithinAsync(
            async (failures, token) =>
            {
                // After a refusal, or when a broker is gone, the leaders are asked for anew.
                var open = questions.Where(question => !answers.ContainsKey(question.Partition)).ToList();
                if (failures > 0 || open.Exists(question => metadata.Current.LeaderOf(question.Partition) is null))
                {
                    await metadata.RefreshAsync([.. open.Select(question => question.Partition.Topic).Distinct()], token).ConfigureAwait(false);
                }

                await AskLeadersAsync(open, answers, token).ConfigureAwait(false);
                return true;
            },
            options.OperationTimeout,
            cancellationToken).ConfigureAwait(false);
        return [.. questions.Select(question => answers[question.Partition])];
    }

    /// <summary>
    /// The offsets to read from at positions that are not offsets, in one attempt: a time after the last record means the end.
    /// </summary>
    /// <param name="patience">Longest wait for a leader: one that hangs must not hold up the others.</param>
    /// <returns>For each question, in their order, the offset, or why there is none.</returns>
    public async Task<IReadOnlyList<(long Offset, RaftStreamException? Failure)>> ResolveOnceAsync(
        IReadOnlyList<(NamedPartition Partition, StartPosition Position)> questions, TimeSpan patience, CancellationToken cancellationToken)
    {
        var resolved = new ConcurrentDictionary<NamedPartition, (long, RaftStreamException?)>();
        await Task.WhenAll(questions.GroupBy(question => metadata.Current.LeaderOf(question.Partition)).Select(async group =>
        {
            var answers = new Dictionary<NamedPartition, OffsetAnswer>();
            var refusals = new Dictionary<NamedPartition, RaftStreamException>();
            RaftStreamException? failure = null;
            try
            {
                await AskLeadersAsync([.. group], answers, cancellationToken, patience, refusals).ConfigureAwait(false);
                var beyond = answers.Where(answer => answer.Value.Offset == None).Select(answer => (answer.Key, StartPosition.End)).ToList();
                await AskLeadersAsync(beyond, answers, cancellationToken, patience, refusals).ConfigureAwait(false);
            }
            catch (RaftStreamException exception)
            {
                failure = exception;
            }

            foreach ((NamedPartition partition, _) in group)
            {
                long offset = answers.TryGetValue(partition, out OffsetAnswer? answer) ? answer.Offset : None;
                resolved[partition] = offset != None
                    ? (offset, null)
                    : (None, refusals.GetValueOrDefault(partition) ?? failure ?? new RaftStreamException(
                        ErrorCode.OffsetNotAvailable, $"The leader of {partition} does not know the offset yet."));
            }
        })).ConfigureAwait(false);
        return [.. questions.Select(question => resolved[question.Partition])];
    }

    private async Task AskLeadersAsync(
        List<(NamedPartition Partition, StartPosition Position)> questions,
        Dictionary<NamedPartition, OffsetAnswer> answers,
        CancellationToken cancellationToken,
        TimeSpan? patience = null,
        Dictionary<NamedPartition, RaftStreamException>? refusals = null)
    {
        var byLeader = new SortedDictionary<string, ListOffsetsRequest>(StringComparer.Ordinal);
        foreach ((NamedPartition partition, StartPosition position) in questions)
        {
            string leader = metadata.Current.LeaderOf(partition) ?? throw metadata.WhyNoLeader(partition);
            if (!byLeader.TryGetValue(leader, out ListOffsetsRequest? request))
            {
                byLeader[leader] = request = new ListOffsetsRequest();
            }

            request.Partitions.Add(new ListOffsetsPartition
            {
                Topic = AdminMapping.ToRef(partition.Topic),
                Partition = partition.Partition,
                TimestampMs = position.Offset is null ? position.TimestampMs : Latest,
            });
        }

        foreach ((string leader, ListOffsetsRequest request) in byLeader)
        {
            ListOffsetsResponse response = await calls.CallOnceAsync(
                leader,
                static invoker => new Log.LogClient(invoker),
                static (client, request, options) => client.ListOffsetsAsync(request, options),
                request,
                cancellationToken,
                patience).ConfigureAwait(false);
            Take(response, request, answers, refusals);
        }
    }

    /// <param name="refusals">Takes the partitions that were refused; null throws.</param>
    private static void Take(
        ListOffsetsResponse response,
        ListOffsetsRequest request,
        Dictionary<NamedPartition, OffsetAnswer> answers,
        Dictionary<NamedPartition, RaftStreamException>? refusals)
    {
        for (int i = 0; i < response.Partitions.Count; i++)
        {
            ListedOffset listed = response.Partitions[i];
            // By position where the broker names the topic by its id only.
            string topic = listed.Topic.Name.Length > 0 ? listed.Topic.Name : request.Partitions[i].Topic.Name;
            var partition = new NamedPartition(topic, listed.Partition);
            if (RpcErrors.ToException(listed.Error) is { } refused)
            {
                (refusals ?? throw refused)[partition] = refused;
                continue;
            }

            answers[partition] = new OffsetAnswer(partition, listed.Offset, listed.TimestampMs, listed.LeaderEpoch);
        }

        if (response.Partitions.Count < request.Partitions.Count)
        {
            throw new RaftStreamException(ErrorCode.UnknownServerError, "A broker answered for fewer partitions than it was asked for.");
        }
    }
}
