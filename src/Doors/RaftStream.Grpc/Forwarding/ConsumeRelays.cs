using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Rpc;

namespace RaftStream.Grpc.Forwarding;

/// <summary>A consume stream with partitions that other brokers lead: one answer at a time, whoever has it.</summary>
internal sealed class ConsumeRelays(IncomingCall call, ConsumeRequest request, IServerStreamWriter<ConsumeReply> responses) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<LeaderPart> _parts = [];

    /// <summary>True when all is led here.</summary>
    public bool IsEmpty => _parts.Count == 0;

    /// <summary>Has a partition read at its leader.</summary>
    public void Add(LeaderAddress leader, int index) => LeaderPart.Add(_parts, leader, index);

    /// <summary>Waits for the turn to write to the client; give it back by <see cref="EndTurn"/>.</summary>
    public Task TakeTurnAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    /// <summary>Lets the next one write.</summary>
    public void EndTurn() => _turn.Release();

    /// <summary>Runs the relays and what is read here, until all have ended; the first failure ends all.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> readHereAsync)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
        List<Task> running = [.. _parts.Select(part => new ConsumeRelay(call, part, request).RunAsync(SendAsync, end.Token)), readHereAsync(end.Token)];
        try
        {
            while (running.Count > 0)
            {
                Task ended = await Task.WhenAny(running).ConfigureAwait(false);
                await ended.ConfigureAwait(false);
                running.Remove(ended);
            }
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task SendAsync(ConsumeReply reply)
        {
            await TakeTurnAsync(end.Token).ConfigureAwait(false);
            try
            {
                await responses.WriteValueAsync(reply, end.Token).ConfigureAwait(false);
            }
            finally
            {
                EndTurn();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
