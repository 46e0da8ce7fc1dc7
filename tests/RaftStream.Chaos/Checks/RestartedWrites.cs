using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>O-1: while nodes are restarted one after the other, and nothing else happens, no write through the SDK fails.</summary>
/// <remarks>Thin clients, which retry nothing, are told of each new leader by an error; that is theirs to handle.</remarks>
internal sealed class RestartedWrites : ICheck
{
    private const string Restart = "rolling-restart";
    private const string Sdk = "producer-";

    public string Id => "O-1";

    public string Rule => "no write of the SDK fails in a rolling restart";

    public Finding Run(History history)
    {
        if (history.Faults.Count == 0 || history.Faults.Any(fault => fault.Fault != Restart))
        {
            return new Finding(0, []);
        }

        SendOperation[] sends = [.. history.Sends.Where(send => send.Process.StartsWith(Sdk, StringComparison.Ordinal))];
        return new Finding(
            sends.Length,
            [.. sends.Where(send => send.Outcome != Outcome.Ok).Select(send => new Anomaly(send.Partition, $"{send.Value} was not acknowledged in a rolling restart: {send.Error}", [send]))]);
    }
}
