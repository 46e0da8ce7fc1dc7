namespace RaftStream.Rpc.Http2.Connections;

/// <summary>The connections of one channel: hands each stream to one with room, opens more when there is none.</summary>
/// <remarks>
/// Starting a stream never waits and never throws: it goes to a connection, or to the queue of the connection that is
/// being opened, or fails with the reason. After a failure the next stream tries anew. Thread-safe.
/// </remarks>
internal sealed class ConnectionPool(Http2Connector connector, Http2Options options) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Http2Connection> _connections = [];
    private readonly List<Http2Stream> _waiting = []; // for _connecting
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _stopping = new();
    private bool _connecting;
    private bool _isStopping;

    /// <summary>Starts a stream on some connection.</summary>
    public void Start(Http2Stream stream)
    {
        while (true)
        {
            Http2Connection? connection;
            lock (_gate)
            {
                connection = Choose();
                if (connection is null && !_isStopping)
                {
                    _waiting.Add(stream);
                    Connect();
                    return;
                }
            }

            if (connection is null)
            {
                stream.Fail(StreamFailure.Lost("The channel is closed.", null));
                return;
            }

            if (connection.TryStart(stream))
            {
                return;
            }

            Forget(connection); // it ended in this moment; its own task has not come round to say so
        }
    }

    /// <summary>Closes all connections and waits for them.</summary>
    public ValueTask DisposeAsync() => CloseAsync(static connection => connection.DisposeAsync());

    /// <summary>Closes all connections without a goodbye.</summary>
    public ValueTask AbortAsync(string reason) => CloseAsync(connection => connection.LoseAsync(reason));

    private async ValueTask CloseAsync(Func<Http2Connection, ValueTask> closeAsync)
    {
        Http2Connection[] connections;
        Task[] running;
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            connections = [.. _connections];
            running = [.. _running];
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (Http2Connection connection in connections)
        {
            await closeAsync(connection).ConfigureAwait(false);
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        _stopping.Dispose();
    }

    // The first connection with room; else, when no more may be opened, the one with the shortest queue.
    private Http2Connection? Choose(bool mayConnect = true)
    {
        Http2Connection? shortest = null;
        int count = 0;
        foreach (Http2Connection connection in _connections)
        {
            if (connection.HasRoom)
            {
                return connection;
            }

            if (connection.IsOpen)
            {
                count++;
                shortest = shortest is null || connection.WaitingStreams < shortest.WaitingStreams ? connection : shortest;
            }
        }

        return count >= options.MaxConnections || !mayConnect ? shortest : null;
    }

    private void Connect()
    {
        if (!_connecting)
        {
            _connecting = true;
            Own(ConnectAsync());
        }
    }

    // Nothing runs unowned: DisposeAsync waits for what is in the set.
    private void Own(Task task)
    {
        _running.Add(task);
        _ = task.ContinueWith(
            done =>
            {
                lock (_gate)
                {
                    _running.Remove(done);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task ConnectAsync()
    {
        await Task.Yield(); // out of the caller's lock
        StreamFailure? failure = null;
        Http2Connection? connection = null;
        try
        {
            connection = await connector.ConnectAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            failure = StreamFailure.Lost(exception.Message, exception.InnerException ?? exception);
        }
        catch (OperationCanceledException exception)
        {
            failure = StreamFailure.Lost("The channel is closed.", exception);
        }

        Http2Stream[] waiting;
        lock (_gate)
        {
            _connecting = false;
            waiting = [.. _waiting];
            _waiting.Clear();
            if (connection is not null && !_isStopping)
            {
                _connections.Add(connection);
                Own(WatchAsync(connection));
                connection = null;
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync().ConfigureAwait(false); // the channel was closed meanwhile
        }

        foreach (Http2Stream stream in waiting)
        {
            if (failure is null)
            {
                Start(stream);
            }
            else if (!TryStartOnFull(stream))
            {
                stream.Fail(failure);
            }
        }
    }

    // No further connection can be had: better to wait on a full one than to fail.
    private bool TryStartOnFull(Http2Stream stream)
    {
        Http2Connection? connection;
        lock (_gate)
        {
            connection = Choose(mayConnect: false);
        }

        return connection is not null && connection.TryStart(stream);
    }

    private async Task WatchAsync(Http2Connection connection)
    {
        await connection.Running.ConfigureAwait(false);
        Forget(connection);
    }

    private void Forget(Http2Connection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }
}
