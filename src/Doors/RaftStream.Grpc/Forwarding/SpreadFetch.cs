using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Grpc.Consuming;

namespace RaftStream.Grpc.Forwarding;

/// <summary>A fetch of partitions with several leaders, this broker perhaps among them: asks each for its part and puts the answers together.</summary>
/// <remarks>
/// Waiting for news in several places: all parts are looked at without waiting; when that brings too little, all wait, the first
/// news ends the waiting of the others, and all are looked at once more. <c>min_bytes</c> then counts for each leader on its own.
/// </remarks>
internal sealed class SpreadFetch : IDisposable
{
    private readonly IncomingCall _call;
    private readonly FetchRequest _request;
    private readonly FetchOnce _here;
    private readonly List<int> _hereIndexes = [];
    private readonly List<FetchPart> _parts = [];

    /// <summary>Prepares.</summary>
    /// <param name="here">Reads what is led here.</param>
    public SpreadFetch(IncomingCall call, FetchRequest request, FetchOnce here)
    {
        (_call, _request, _here) = (call, request, here);
        var elsewhere = new List<LeaderPart>();
        for (int i = 0; i < request.Partitions.Count; i++)
        {
            FetchPartition partition = request.Partitions[i];
            if (call.FindLeader(partition.Topic, partition.Partition) is { } leader)
            {
                LeaderPart.Add(elsewhere, leader, i);
            }
            else
            {
                _hereIndexes.Add(i);
            }
        }

        // The answers are in memory together: each leader may fill its share.
        int parts = elsewhere.Count + (_hereIndexes.Count > 0 ? 1 : 0);
        int maxBytes = request.MaxBytes > 0 ? Math.Min(request.MaxBytes, call.Api.Limits.MaxFetchBytes) : call.Api.Limits.MaxFetchBytes;
        int share = Math.Max(1, maxBytes / Math.Max(1, parts));
        _parts.AddRange(elsewhere.Select(part => new FetchPart(call, part, Part(part.Indexes, share))));
        HereRequest = Part(_hereIndexes, share);
    }

    /// <summary>The answer; borrows the parts' memory until this is disposed.</summary>
    public FetchReply Reply { get; } = new();

    private FetchRequest HereRequest { get; }

    /// <summary>Asks until there is an answer; fills <see cref="Reply"/>.</summary>
    public async ValueTask RunAsync()
    {
        if (_parts.Count == 1 && _hereIndexes.Count == 0)
        {
            await _parts[0].AskAsync(_request.MaxWaitMs, _call.CancellationToken).ConfigureAwait(false);
        }
        else if (!await LookAsync().ConfigureAwait(false) && _request.MaxWaitMs > 0)
        {
            await WaitForNewsAsync().ConfigureAwait(false);
            await LookAsync().ConfigureAwait(false);
        }

        _call.CancellationToken.ThrowIfCancellationRequested();
        Fill();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reply.Clear();
        foreach (FetchPart part in _parts)
        {
            part.Dispose();
        }
    }

    /// <summary>Looks at all parts without waiting; true when there is enough, or something that the client must hear of.</summary>
    private async Task<bool> LookAsync()
    {
        Task[] asked = [.. _parts.Select(part => part.AskAsync(maxWaitMs: 0, _call.CancellationToken))];
        if (_hereIndexes.Count > 0)
        {
            await _here.RunHereAsync(HereRequest, maxWaitMs: 0, _call.CancellationToken).ConfigureAwait(false);
        }

        await Task.WhenAll(asked).ConfigureAwait(false);
        long bytes = 0;
        bool mustAnswer = false;
        foreach (FetchReply reply in Replies())
        {
            for (int i = 0; i < reply.Count; i++)
            {
                bytes += reply[i].PayloadLength;
                mustAnswer |= reply[i].Error is not null || reply[i].Diverging is not null || reply[i].RecordCount > 0;
            }
        }

        return mustAnswer || bytes >= Math.Max(1, _request.MinBytes);
    }

    private async Task WaitForNewsAsync()
    {
        using var news = CancellationTokenSource.CreateLinkedTokenSource(_call.CancellationToken);
        List<Task> waiting = [.. _parts.Select(part => part.AskAsync(_request.MaxWaitMs, news.Token))];
        if (_hereIndexes.Count > 0)
        {
            _here.Release();
            waiting.Add(_here.RunHereAsync(HereRequest, _request.MaxWaitMs, news.Token).AsTask());
        }

        await Task.WhenAny(waiting).ConfigureAwait(false);
        await news.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _here.Release();
    }

    private IEnumerable<FetchReply> Replies() =>
        _parts.Select(part => part.Reply).Append(_hereIndexes.Count > 0 ? _here.Reply : null).OfType<FetchReply>();

    private void Fill()
    {
        var answers = new PartitionRecordsMessage[_request.Partitions.Count];
        for (int i = 0; i < _hereIndexes.Count; i++)
        {
            answers[_hereIndexes[i]] = _here.Reply[i];
        }

        foreach (FetchPart part in _parts)
        {
            for (int i = 0; i < part.Indexes.Count; i++)
            {
                PartitionRecordsMessage answer = part.Reply![i];
                answer.Relay();
                answers[part.Indexes[i]] = answer;
            }
        }

        foreach (PartitionRecordsMessage answer in answers)
        {
            Reply.Add(answer);
        }
    }

    private FetchRequest Part(List<int> indexes, int maxBytes)
    {
        var part = new FetchRequest(_request) { MaxBytes = maxBytes };
        part.Partitions.Clear();
        part.Partitions.Add(indexes.Select(index => _request.Partitions[index]));
        return part;
    }
}
