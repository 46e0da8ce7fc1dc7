using System.Collections.Immutable;

namespace RaftStream.Rpc.Server;

/// <summary>What <c>grpc.health.v1.Health</c> answers. The empty service name stands for the server as a whole. Thread-safe.</summary>
public sealed class RpcHealth
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private ImmutableDictionary<string, bool> _serving = ImmutableDictionary.Create<string, bool>(StringComparer.Ordinal).Add("", false);

    /// <summary>True once the server is stopping: nothing serves any more, and watchers are sent away.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>Says whether a service takes calls; watchers hear of it at once.</summary>
    /// <param name="service">Full name, e.g. <c>raftstream.client.v1.Log</c>; empty is the server as a whole.</param>
    public void SetServing(string service, bool serving)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            Publish(_serving.SetItem(service, serving && !IsClosed));
        }
    }

    /// <summary>Nothing serves from now on.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            IsClosed = true;
            Publish(_serving.Keys.ToImmutableDictionary(service => service, _ => false, StringComparer.Ordinal));
        }
    }

    /// <summary>Whether a service takes calls, null when nobody said so, and a task that ends when anything changes.</summary>
    internal (bool? Serving, Task Changed) Look(string service)
    {
        lock (_lock)
        {
            return (_serving.TryGetValue(service, out bool serving) ? serving : null, _changed.Task);
        }
    }

    private void Publish(ImmutableDictionary<string, bool> serving)
    {
        _serving = serving;
        TaskCompletionSource changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
