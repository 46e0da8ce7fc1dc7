using System.Collections.Immutable;
using RaftStream.Broker;
using RaftStream.Client.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Grpc;

/// <summary>Where partitions are, and who leads them: what operators ask of the service Admin.</summary>
internal static class Reassignments
{
    public static async Task<ElectLeadersResponse> ElectAsync(BrokerApi api, ElectLeadersRequest request)
    {
        ElectionKind kind = request.Type == ElectionType.ElectionUnclean ? ElectionKind.Unclean : ElectionKind.Preferred;
        List<PartitionReference>? partitions = request.Partitions.Count == 0
            ? null
            : [.. request.Partitions.Select(one => new PartitionReference(AdminService.ReadTopic(one.Topic), one.Partition))];
        ImmutableArray<PartitionOutcome> outcomes = await BrokerAccess.AskAsync(
            () => api.Admin.ElectLeadersAsync(kind, partitions)).ConfigureAwait(false);
        return new ElectLeadersResponse { Results = { outcomes.Select(Write) } };
    }

    public static async Task<AlterPartitionReassignmentsResponse> AlterAsync(BrokerApi api, AlterPartitionReassignmentsRequest request)
    {
        List<Reassignment> reassignments = [.. request.Partitions.Select(one => new Reassignment(
            new PartitionReference(AdminService.ReadTopic(one.Topic), one.Partition),
            one.Replicas.Count == 0 ? null : Nodes(one.Replicas)))];
        ImmutableArray<PartitionOutcome> outcomes = await BrokerAccess.AskAsync(
            () => api.Admin.ReassignAsync(reassignments, request.AllowReplicationFactorChange)).ConfigureAwait(false);
        return new AlterPartitionReassignmentsResponse { Results = { outcomes.Select(Write) } };
    }

    public static ListPartitionReassignmentsResponse List(BrokerApi api, ListPartitionReassignmentsRequest request)
    {
        TopicsImage topics = api.Image.Topics;
        IEnumerable<TopicImage> wanted = request.Topics.Count == 0 ? topics.InOrder() : request.Topics.Select(reference => Find(topics, reference));
        return new ListPartitionReassignmentsResponse
        {
            Reassignments =
            {
                wanted.SelectMany(topic => topic.Partitions.Where(p => !p.Adding.IsEmpty || !p.Removing.IsEmpty).Select(p => Write(topic, p))),
            },
        };
    }

    public static PlanPartitionReassignmentsResponse Plan(BrokerApi api, PlanPartitionReassignmentsRequest request)
    {
        var wish = new ReassignmentWish
        {
            Add = Nodes(request.AddBrokers),
            Remove = Nodes(request.RemoveBrokers),
            Brokers = Nodes(request.Brokers),
            Topics = [.. request.Topics.Select(AdminService.ReadTopic)],
        };
        (ImmutableArray<PlannedMove> moves, OperationError? error) = ReassignmentPlan.Of(api.Image, wish);
        if (error is not null)
        {
            throw GrpcErrors.ToException(error.Code, error.Message);
        }

        return new PlanPartitionReassignmentsResponse
        {
            Partitions =
            {
                moves.Select(move => new PlannedReassignment
                {
                    Topic = Requests.Write(move.Topic),
                    Partition = move.Partition,
                    Current = { Numbers(move.Current) },
                    Target = { Numbers(move.Target) },
                }),
            },
        };
    }

    private static TopicImage Find(TopicsImage topics, TopicRef reference)
    {
        (TopicImage? topic, OperationError? error) = AdminService.ReadTopic(reference).Resolve(topics);
        return topic ?? throw GrpcErrors.ToException(error!.Code, error.Message);
    }

    private static OngoingReassignment Write(TopicImage topic, PartitionState partition) => new()
    {
        Topic = Requests.Write(new TopicReference(topic.Name, topic.Id)),
        Partition = partition.Partition,
        Replicas = { Numbers(partition.Replicas) },
        Adding = { Numbers(partition.Adding) },
        Removing = { Numbers(partition.Removing) },
        Isr = { Numbers(partition.Isr) },
        Leader = partition.Leader.Value,
    };

    private static PartitionResult Write(PartitionOutcome outcome) => new()
    {
        Topic = Requests.Write(outcome.Topic),
        Partition = outcome.Partition,
        Error = GrpcErrors.ToError(outcome.Error),
    };

    private static ImmutableArray<NodeId> Nodes(IEnumerable<int> ids) => [.. ids.Select(id => new NodeId(id))];

    private static IEnumerable<int> Numbers(ImmutableArray<NodeId> ids) => ids.Select(id => id.Value);
}
