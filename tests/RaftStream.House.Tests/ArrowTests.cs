namespace RaftStream.House.Tests;

/// <summary>References go Apps to Sdk and Doors to Shell to Core to Model, and never the other way.</summary>
public sealed class ArrowTests
{
    // Who may reference whom. Inside Core only the two named below may be shared.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Shell"] = ["Shell", "Core"],
        ["Doors"] = ["Shell", "Core"],
        ["Sdk"] = ["Sdk", "Doors", "Shell", "Core"],
        ["Apps"] = ["Apps", "Sdk", "Doors", "Shell", "Core"],
        ["tests"] = ["tests", "Apps", "Sdk", "Doors", "Shell", "Core"],
    };

    // RaftStream.Client is what other people's programs load: no broker code comes with it.
    private static readonly HashSet<string> ClientMayUse =
        ["RaftStream.Model", "RaftStream.Records", "RaftStream.Rpc", "RaftStream.Contracts"];

    [Fact]
    public void No_reference_goes_in_the_wrong_direction()
    {
        Assert.Empty(Violations(Repository.Projects));
    }

    [Theory]
    [InlineData("RaftStream.Model", "Core", "RaftStream.Records", "Core")]
    [InlineData("RaftStream.Metadata", "Core", "RaftStream.Replication", "Core")]
    [InlineData("RaftStream.Records", "Core", "RaftStream.Storage", "Shell")]
    [InlineData("RaftStream.Storage", "Shell", "RaftStream.Grpc", "Doors")]
    [InlineData("RaftStream.Grpc", "Doors", "RaftStream.Kafka", "Doors")]
    [InlineData("RaftStream.Client", "Sdk", "RaftStream.Broker", "Shell")]
    [InlineData("RaftStream.Grpc", "Doors", "RaftStream.Storage.Tests", "tests")]
    [InlineData("RaftStream.Broker", "Shell", "RaftStream.Kafka.Protocol.Generator", "Core")]
    public void A_reference_in_the_wrong_direction_is_found(string from, string fromLayer, string to, string toLayer)
    {
        Project[] projects = [new(from, fromLayer, "", [to]), new(to, toLayer, "", [])];

        Assert.Single(Violations(projects));
    }

    private static List<string> Violations(IReadOnlyList<Project> projects)
    {
        var layerOf = projects.ToDictionary(project => project.Name, project => project.Layer);
        var violations = new List<string>();
        foreach (Project project in projects)
        {
            foreach (string reference in project.References)
            {
                if (!MayReference(project, reference, layerOf[reference]))
                {
                    violations.Add($"{project.Name} ({project.Layer}) references {reference} ({layerOf[reference]})");
                }
            }
        }

        return violations;
    }

    private static bool MayReference(Project project, string reference, string layer) => project switch
    {
        { Name: "RaftStream.Model" } => false,
        { Layer: not "tests" } when reference.EndsWith(".Generator", StringComparison.Ordinal) => false,
        { Layer: "Core" } => reference is "RaftStream.Model"
            || (reference is "RaftStream.Records" && project.Name != "RaftStream.Records"),
        { Name: "RaftStream.Client" } => ClientMayUse.Contains(reference),
        _ => Allowed[project.Layer].Contains(layer),
    };
}
