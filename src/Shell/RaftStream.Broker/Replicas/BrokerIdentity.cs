using RaftStream.Model;

namespace RaftStream.Broker.Replicas;

/// <summary>This incarnation's registration, once there is one.</summary>
internal sealed class BrokerIdentity
{
    private long _epoch = BrokerEpoch.None.Value;

    public BrokerEpoch Epoch
    {
        get => new(Volatile.Read(ref _epoch));
        set => Volatile.Write(ref _epoch, value.Value);
    }

    /// <summary>True while the controller may have given this broker's partitions to others, as far as is known here .</summary>
    public Func<bool> MayBeFenced { get; set; } = static () => false;
}
