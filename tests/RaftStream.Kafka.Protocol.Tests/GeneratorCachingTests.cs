using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using RaftStream.Kafka.Protocol.Generator;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>While somebody types C#, no schema is read again.</summary>
public sealed class GeneratorCachingTests
{
    private static readonly SchemaDiagnosticTests.InMemoryText Ping = Schema("Ping", 98);
    private static readonly SchemaDiagnosticTests.InMemoryText Pong = Schema("Pong", 99);

    [Fact]
    public void A_change_of_code_makes_no_output_again()
    {
        CSharpCompilation compilation = CSharpCompilation.Create("Test");
        GeneratorDriver driver = Driver().RunGenerators(compilation);

        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Other { }")));

        Assert.All(Reasons(driver), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void A_change_of_one_schema_makes_its_messages_and_the_table_again()
    {
        CSharpCompilation compilation = CSharpCompilation.Create("Test");
        GeneratorDriver driver = Driver().RunGenerators(compilation);

        driver = driver.ReplaceAdditionalText(Pong, Schema("Pong", 100)).RunGenerators(compilation);

        Assert.Equal(
            [IncrementalStepRunReason.New, IncrementalStepRunReason.New, IncrementalStepRunReason.Cached],
            Reasons(driver).Order());
    }

    private static CSharpGeneratorDriver Driver() =>
        CSharpGeneratorDriver.Create(
            [new ProtocolGenerator().AsSourceGenerator()],
            additionalTexts: [Ping, Pong],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    private static List<IncrementalStepRunReason> Reasons(GeneratorDriver driver) =>
        [.. driver.GetRunResult().Results.Single().TrackedOutputSteps
            .SelectMany(steps => steps.Value).SelectMany(step => step.Outputs).Select(output => output.Reason)];

    private static SchemaDiagnosticTests.InMemoryText Schema(string name, int key) =>
        new($"{name}.schema", $"api {name} key {key} versions 0-1 flexible none\nrequest\n  A int8\nresponse\n");
}
