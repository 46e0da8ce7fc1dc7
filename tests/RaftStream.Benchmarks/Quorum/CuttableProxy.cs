using System.Net;
using System.Net.Sockets;

namespace RaftStream.Benchmarks.Quorum;

/// <summary>Passes connections on until it is cut; then nothing arrives any more, and nobody is told (a pulled cable).</summary>
internal sealed class CuttableProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _stopping = new();
    private volatile TaskCompletionSource? _cut;

    public CuttableProxy(int port, int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Bytes stay where they are; new connections are taken and get no answer.</summary>
    public void Cut() => _cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held back goes on.</summary>
    public void Join()
    {
        TaskCompletionSource? cut = _cut;
        _cut = null;
        cut?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        Join();
        await _stopping.CancelAsync();
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient from = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _ = ServeAsync(from);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy stops.
        }
    }

    private async Task ServeAsync(TcpClient from)
    {
        using (from)
        using (var to = new TcpClient())
        {
            try
            {
                await WaitAsync();
                await to.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
                from.NoDelay = to.NoDelay = true;
                await Task.WhenAny(CopyAsync(from.GetStream(), to.GetStream()), CopyAsync(to.GetStream(), from.GetStream()));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException)
            {
                // One of the two ends is gone, and so is the other now.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        byte[] buffer = new byte[64 << 10];
        for (int read; (read = await from.ReadAsync(buffer, _stopping.Token)) > 0;)
        {
            await WaitAsync();
            await to.WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
        }
    }

    private Task WaitAsync() => _cut?.Task ?? Task.CompletedTask;
}
