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
        await calls.Retries.ExecuteAsync(
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
    /// <exception cref="RaftStreamException">A leader is not known, or refused.</exception>
    public async Task<IReadOnlyList<long>> ResolveOnceAsync(
        IReadOnlyList<(NamedPartition Partition, StartPosition Position)> questions, CancellationToken cancellationToken)
    {
        var answers = new Dictionary<NamedPartition, OffsetAnswer>();
        await AskLeadersAsync([.. questions], answers, cancellationToken).ConfigureAwait(false);
        var beyond = questions.Where(question => answers[question.Partition].Offset == None)
            .Select(question => (question.Partition, StartPosition.End)).ToList();
        await AskLeadersAsync(beyond, answers, cancellationToken).ConfigureAwait(false);
        return [.. questions.Select(question => answers[question.Partition].Offset)];
    }

    private async Task AskLeadersAsync(
        List<(NamedPartition Partition, StartPosition Position)> questions,
        Dictionary<NamedPartition, OffsetAnswer> answers,
        CancellationToken cancellationToken)
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
                cancellationToken).ConfigureAwait(false);
            Take(response, request, answers);
        }
    }

    private static void Take(ListOffsetsResponse response, ListOffsetsRequest request, Dictionary<NamedPartition, OffsetAnswer> answers)
    {
        for (int i = 0; i < response.Partitions.Count; i++)
        {
            ListedOffset listed = response.Partitions[i];
            RpcErrors.ThrowIfFailed(listed.Error);
            // By position where the broker names the topic by its id only.
            string topic = listed.Topic.Name.Length > 0 ? listed.Topic.Name : request.Partitions[i].Topic.Name;
            var partition = new NamedPartition(topic, listed.Partition);
            answers[partition] = new OffsetAnswer(partition, listed.Offset, listed.TimestampMs, listed.LeaderEpoch);
        }

        if (response.Partitions.Count < request.Partitions.Count)
        {
            throw new RaftStreamException(ErrorCode.UnknownServerError, "A broker answered for fewer partitions than it was asked for.");
        }
    }
}
