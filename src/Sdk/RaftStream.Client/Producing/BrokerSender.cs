using System.Threading.Channels;
using RaftStream.Client.Routing;
using RaftStream.Model;

namespace RaftStream.Client.Producing;

/// <summary>Sends the batches of all partitions that one broker leads, over one produce stream after another.</summary>
internal sealed class BrokerSender : IAsyncDisposable
{
    private readonly Channel<ProducerPartition> _ready =
        Channel.CreateUnbounded<ProducerPartition>(new UnboundedChannelOptions { SingleReader = true });

    private readonly ProducerContext _context;
    private readonly ChannelSet _channels;
    private readonly RaftStreamClientOptions _clientOptions;
    private readonly OwnedLoop _loop;
    private volatile ProduceSession? _session;

    public BrokerSender(ProducerContext context, ChannelSet channels, string endpoint, RaftStreamClientOptions clientOptions)
    {
        _context = context;
        _channels = channels;
        Endpoint = endpoint;
        _clientOptions = clientOptions;
        _loop = new OwnedLoop(RunAsync, context.Fail);
    }

    /// <summary>host:port of the broker.</summary>
    public string Endpoint { get; }

    /// <summary>Takes a partition that has something to send.</summary>
    public void Enqueue(ProducerPartition partition)
    {
        if (!_ready.Writer.TryWrite(partition))
        {
            partition.Reroute(new RaftStreamException(ErrorCode.NetworkException, "The producer is closing."));
        }
    }

    /// <summary>Gives up a stream on which the broker has not answered for too long.</summary>
    public void CheckStalled(long nowTicks) => _session?.CheckStalled(nowTicks);

    /// <summary>True when the broker owes an answer for so long that somebody should ask whether it still leads.</summary>
    public bool IsSuspect(long nowTicks) => _session?.IsSuspect(nowTicks) == true;

    /// <summary>Gives up a broker that owes answers for partitions which another one leads by now; it may hang for long.</summary>
    public ValueTask GiveUpMovedAsync(ClusterView view, long nowTicks) =>
        _session is { } session && session.GiveUpMoved(view, nowTicks) ? _channels.AbortAsync(session.Channel) : ValueTask.CompletedTask;

    /// <summary>Ends the stream; batches on their way fail, to be retried or given up by their partitions.</summary>
    public ValueTask DisposeAsync()
    {
        _ready.Writer.TryComplete();
        return _loop.DisposeAsync();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        while (await _ready.Reader.WaitToReadAsync(stopping).ConfigureAwait(false))
        {
            RaftStreamException failure = await RunSessionAsync(stopping).ConfigureAwait(false);
            // Whatever waits for this broker is told, and asks who leads it now: perhaps another broker.
            while (_ready.Reader.TryRead(out ProducerPartition? partition))
            {
                partition.Reroute(failure);
            }
        }
    }

    private async Task<RaftStreamException> RunSessionAsync(CancellationToken stopping)
    {
        using var session = new ProduceSession(_context, _channels.To(Endpoint), _clientOptions, _ready);
        _session = session;
        try
        {
            return await session.RunAsync(stopping).ConfigureAwait(false);
        }
        finally
        {
            _session = null;
        }
    }
}
