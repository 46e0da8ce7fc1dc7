namespace RaftStream.Integration.Harness;

/// <summary>A test with a folder of its own; brokers that it started are gone when it ends.</summary>
public abstract class BrokerTest : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _owned = [];

    private protected TempFolder Folder { get; } = new();

    private protected BrokerSetup Setup(params string[] settings) => new() { DataDirectory = Folder["data"], Settings = settings };

    private protected async Task<BrokerProcess> StartReadyAsync(BrokerSetup setup) => Own(await BrokerProcess.StartReadyAsync(setup));

    private protected Task<BrokerProcess> StartReadyAsync(params string[] settings) => StartReadyAsync(Setup(settings));

    private protected BrokerProcess Start(BrokerSetup setup) => Own(BrokerProcess.Start(setup));

    private protected ThinClient ClientOf(BrokerProcess broker) => Own(new ThinClient(broker));

    /// <summary>Starts a broker that cannot start.</summary>
    /// <returns>Exit code and what it said.</returns>
    private protected async Task<(int ExitCode, string Log)> FailToStartAsync(BrokerSetup setup)
    {
        BrokerProcess broker = Start(setup);
        int exitCode = await broker.WaitForExitAsync();
        return (exitCode, broker.Log.Text);
    }

    private protected T Own<T>(T resource)
        where T : IAsyncDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }

        CleanUp();
        Folder.Dispose();
    }

    private protected virtual void CleanUp()
    {
    }
}
