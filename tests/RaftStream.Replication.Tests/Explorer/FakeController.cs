using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Replication.Tests.Explorer;

/// <summary>The real decisions of the controller over a metadata log that commits at once; brokers see it later.</summary>
internal sealed class FakeController
{
    private const string Topic = "t";
    private readonly ControllerSettings _settings;
    private readonly Prng _prng;
    private long _end;

    public FakeController(ControllerSettings settings, Prng prng, int replicas, bool commit, int minIsr)
    {
        (_settings, _prng) = (settings, prng);
        for (int id = 1; id <= replicas; id++)
        {
            Register(new NodeId(id), BrokerEpoch.None);
            Unfence(new NodeId(id));
        }

        Commit(TopicControl.Create(Latest, settings, [new NewTopic
        {
            Name = Topic,
            Assignments = ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, [.. Enumerable.Range(1, replicas).Select(id => new NodeId(id))]),
            Configs = ConfigsImage.NoValues.Add("flush", commit ? "commit" : "os").Add("min.insync.replicas", Text(minIsr)),
        }], validateOnly: false, _prng));
    }

    /// <summary>All images, oldest first.</summary>
    public List<MetadataImage> Images { get; } = [MetadataImage.Empty];

    public MetadataImage Latest => Images[^1];

    public PartitionState Partition => PartitionOf(Latest);

    public static PartitionState PartitionOf(MetadataImage image) => image.Topics.Find(Topic)!.Partitions[0];

    /// <summary>A new incarnation.</summary>
    /// <returns>Its broker epoch and the image that has it .</returns>
    public (BrokerEpoch Epoch, int Image) Register(NodeId id, BrokerEpoch previous)
    {
        Commit(BrokerControl.Register(Latest, new BrokerStart
        {
            Id = id,
            IncarnationId = _prng.NextGuid(),
            LogDirectoryId = new Guid(id.Value, 0, 0, new byte[8]),
            Endpoints = [],
            PreviousEpoch = previous,
        }, _settings));
        return (Latest.Brokers.ById[id].Epoch, Images.Count - 1);
    }

    public void Unfence(NodeId id) => Commit(BrokerControl.Unfence(Latest, id, Latest.Brokers.ById[id].Epoch, _settings));

    public void Fence(NodeId id) => Commit(BrokerControl.Fence(Latest, id, Latest.Brokers.ById[id].Epoch, settings: _settings));

    public void BeginShutdown(NodeId id) => Commit(BrokerControl.BeginShutdown(Latest, id, Latest.Brokers.ById[id].Epoch, settings: _settings));

    public void SetMinIsr(int minIsr) => Commit(ConfigControl.Alter(
        Latest,
        _settings,
        [new ConfigAlteration(ConfigOwner.Topic(Topic), [new ConfigChange("min.insync.replicas", Text(minIsr))])],
        validateOnly: false));

    public void ElectPreferred() => Commit(ElectionControl.Elect(
        Latest, _settings, ElectionKind.Preferred, [new PartitionReference(new TopicReference(Topic, TopicId.None), 0)]));

    public IsrOutcome Alter(NodeId broker, BrokerEpoch epoch, IsrChange change) => Commit(IsrControl.Decide(
        Latest,
        broker,
        epoch,
        [
            new IsrProposal(
                new TopicPartition(Latest.Topics.Find(Topic)!.Id, 0),
                change.LeaderEpoch,
                change.PartitionEpoch,
                [.. change.NewIsr.Select(member => new IsrMember(member.Id, member.Epoch))],
                change.IsRecovering ? RecoveryState.Recovering : RecoveryState.Recovered),
        ],
        _settings))[0];

    private T Commit<T>(Decision<T> decision)
    {
        if (!decision.Records.IsEmpty)
        {
            var delta = new MetadataDelta(Latest);
            foreach (MetadataRecord record in decision.Records)
            {
                delta.Replay(record, _end++);
            }

            Images.Add(delta.Apply());
        }

        return decision.Response;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
