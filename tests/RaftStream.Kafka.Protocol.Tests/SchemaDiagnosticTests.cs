using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using RaftStream.Kafka.Protocol.Generator;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>A mistake in a schema is a build error that says where it is.</summary>
public sealed class SchemaDiagnosticTests
{
    private const string Head = "api Ping key 99 versions 0-3 flexible 2+\n\n";

    [Theory]
    [InlineData("api Ping key x versions 0-3 flexible 2+\nrequest\nresponse", 1, "Expected \"api")]
    [InlineData("api ping key 1 versions 0-3 flexible 2+\nrequest\nresponse", 1, "is no name")]
    [InlineData("request\n  A int8", 1, "comes first")]
    [InlineData("", 1, "must begin")]
    [InlineData(Head + "request\n  A int8", 1, "are needed")]
    [InlineData(Head + "request\nrequest\nresponse", 4, "begins no section")]
    [InlineData(Head + "request\n  A int9\nresponse", 4, "is no type")]
    [InlineData(Head + "request\n  A int8 sometimes\nresponse", 4, "is not understood")]
    [InlineData(Head + "request\n  A int8 3-2\nresponse", 4, "is not understood")]
    [InlineData(Head + "request\n\tA int8\nresponse", 4, "spaces")]
    [InlineData(Head + "  A int8\nrequest\nresponse", 3, "must stand in a section")]
    [InlineData(Head + "request\n  A int8\n    B int8\nresponse", 5, "is no struct")]
    [InlineData(Head + "request\n    A int8\n  B int8\nresponse", 5, "indentation")]
    [InlineData(Head + "request\n  A int8\n  A int8\nresponse", 5, "already")]
    [InlineData(Head + "request\n  A int8 4+\nresponse", 4, "in no version")]
    [InlineData(Head + "request\n  A int8?\nresponse", 4, "cannot be null")]
    [InlineData(Head + "request\n  A int8 tag 0\nresponse", 4, "not flexible")]
    [InlineData(Head + "request\n  A int8 2+ tag 0\n  B int8 2+ tag 0\nresponse", 5, "a tag 0 already")]
    [InlineData(Head + "request\n  A int8 = 128\nresponse", 4, "no default")]
    [InlineData(Head + "request\n  A string = null\nresponse", 4, "no default")]
    [InlineData(Head + "request\n  A []B\nresponse", 4, "There is no struct B")]
    [InlineData(Head + "request\n  A []A\n    X int8\nresponse", 4, "needs another name")]
    [InlineData(Head + "request\n  A []B\n    X int8\n  C []B\n    X int8\nresponse", 6, "another struct B")]
    [InlineData(Head + "request\n  A []B\nresponse\nstruct B\n  X []B", 7, "contain itself")]
    [InlineData(Head + "request\n  A []B\n    X int8 2+\nresponse", 4, "could not be bounded")]
    [InlineData(Head + "request\n  Read int8\nresponse", 4, "taken by a method")]
    public void A_mistake_is_found_at_its_line(string text, int line, string message)
    {
        Diagnostic diagnostic = Assert.Single(Run([("Schemas/Ping.schema", text)], out _).Take(1));

        Assert.Equal((ProtocolGenerator.DiagnosticId, DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity));
        Assert.Contains(message, diagnostic.GetMessage(), StringComparison.Ordinal);
        FileLinePositionSpan where = diagnostic.Location.GetLineSpan();
        Assert.Equal(("Schemas/Ping.schema", line), (where.Path, where.StartLinePosition.Line + 1));
    }

    [Fact]
    public void Two_files_with_one_key_are_a_mistake()
    {
        const string Other = "api Pong key 99 versions 0-3 flexible 2+\nrequest\n  A int8\nresponse\n  A int8";

        Diagnostic diagnostic = Assert.Single(Run([("a.schema", Head + "request\nresponse"), ("b.schema", Other)], out _));

        Assert.Equal("b.schema", diagnostic.Location.GetLineSpan().Path);
    }

    [Fact]
    public void A_good_file_becomes_a_source_and_other_files_are_left_alone()
    {
        ImmutableArray<Diagnostic> diagnostics = Run([("Ping.schema", Head + "request\n  A int8\nresponse\n"), ("notes.txt", "?")], out string[] sources);

        Assert.Empty(diagnostics);
        Assert.Equal(["ApiTable.g.cs", "Ping.g.cs"], sources.Order(StringComparer.Ordinal));
    }

    private static ImmutableArray<Diagnostic> Run((string Path, string Text)[] files, out string[] sources)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(new ProtocolGenerator());
        driver = driver.AddAdditionalTexts([.. files.Select(file => new InMemoryText(file.Path, file.Text))]);
        GeneratorDriverRunResult result = driver.RunGenerators(CSharpCompilation.Create("Test")).GetRunResult();
        sources = [.. result.Results.Single().GeneratedSources.Select(source => source.HintName)];
        return result.Diagnostics;
    }

    internal sealed class InMemoryText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
