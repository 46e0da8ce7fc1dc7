using System.Runtime.InteropServices;

namespace RaftStream.Server.Startup;

/// <summary>SIGTERM, SIGINT (Ctrl+C) and SIGHUP ask the server to stop; the second one cuts the clean stop short.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly CancellationTokenSource _impatient = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly CancellationTokenRegistration _outside;
    private int _count;

    /// <param name="outside">Stops the server like a first signal.</param>
    public StopSignals(CancellationToken outside)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];
        _outside = outside.UnsafeRegister(static self => ((StopSignals)self!).Stop("the caller"), this);
    }

    /// <summary>Set once someone asked.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Set once someone asked twice.</summary>
    public CancellationToken Impatient => _impatient.Token;

    /// <summary>Who asked first.</summary>
    public string Reason { get; private set; } = "";

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _outside.Dispose();
        _asked.Dispose();
        _impatient.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop(context.Signal.ToString());
    }

    private void Stop(string reason)
    {
        if (Interlocked.Increment(ref _count) == 1)
        {
            Reason = reason;
            _asked.Cancel();
        }
        else
        {
            _impatient.Cancel();
        }
    }
}
