namespace RaftStream.Chaos.Clusters;

/// <summary>The nodes of a cluster and what can be done to them.</summary>
internal interface ICluster : IAsyncDisposable
{
    /// <summary>Node ids, in order.</summary>
    IReadOnlyList<int> Controllers { get; }

    /// <summary>Node ids, in order.</summary>
    IReadOnlyList<int> Brokers { get; }

    /// <summary>host:port of brokers, as clients outside reach them.</summary>
    IReadOnlyList<string> Bootstrap { get; }

    /// <summary>kill -9; returns when the process is gone.</summary>
    Task KillAsync(int node);

    /// <summary>A clean stop; returns when the process is gone.</summary>
    Task StopAsync(int node);

    /// <summary>Starts a node that does not run; does not wait until it is ready.</summary>
    Task StartAsync(int node);

    /// <summary>SIGSTOP: the node is there and does nothing.</summary>
    Task PauseAsync(int node);

    /// <summary>SIGCONT.</summary>
    Task ResumeAsync(int node);

    /// <summary>Whether the cluster's network can be cut in this way.</summary>
    bool CanCut(Cut cut);

    /// <summary>Holds back a node's traffic; with <see cref="Cut.None"/> everything passes again, what was held back first.</summary>
    Task CutAsync(int node, Cut cut);

    /// <summary>Says what is wrong with a node's machine from now on; empty is nothing.</summary>
    /// <param name="faults"><c>full</c>, <c>no-space</c>, <c>clock=milliseconds</c>.</param>
    Task SetFaultsAsync(int node, string faults);

    /// <summary>Writes what the nodes said into a folder, one file for each.</summary>
    Task SaveLogsAsync(string folder);

    /// <summary>Waits until all nodes are ready.</summary>
    Task WaitReadyAsync(CancellationToken cancellationToken);
}
