using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using RaftStream.Kafka.Protocol.Generator.Emit;
using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Generator;

/// <summary>Turns every *.schema file of a project into message classes, and all of them into the table of APIs.</summary>
/// <remarks>One file is parsed again only when its text changes, so a build that touches no schema pays nothing.</remarks>
[Generator(LanguageNames.CSharp)]
public sealed class ProtocolGenerator : IIncrementalGenerator
{
    /// <summary>Id of the diagnostics about schema files.</summary>
    public const string DiagnosticId = "RSK001";

    private static readonly DiagnosticDescriptor BadSchema = new(
        DiagnosticId,
        "A schema file cannot be used",
        "{0}",
        "RaftStream.Kafka.Protocol",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<SchemaFile> files = context.AdditionalTextsProvider
            .Where(static text => text.Path.EndsWith(".schema", StringComparison.Ordinal))
            .Select(SchemaFile.Read);
        context.RegisterSourceOutput(files, EmitMessages);
        context.RegisterSourceOutput(files.Collect(), EmitTable);
    }

    private static void EmitMessages(SourceProductionContext context, SchemaFile file)
    {
        foreach (SchemaError error in file.Errors)
        {
            context.ReportDiagnostic(file.Diagnostic(error));
        }

        if (file.Errors.Count == 0)
        {
            context.AddSource($"{file.Api.Name}.g.cs", SourceText.From(MessageEmitter.Emit(file.Api), Encoding.UTF8));
        }
    }

    private static void EmitTable(SourceProductionContext context, ImmutableArray<SchemaFile> files)
    {
        var keys = new Dictionary<int, string>();
        var names = new HashSet<string>();
        var apis = new List<ApiSchema>();
        foreach (SchemaFile file in files)
        {
            if (file.Errors.Count > 0)
            {
                continue;
            }

            if (keys.TryGetValue(file.Api.Key, out string? other) || !names.Add(file.Api.Name))
            {
                context.ReportDiagnostic(file.Diagnostic(new SchemaError(0, $"The key or the name of {file.Api.Name} belongs to {other ?? "another file"} already.")));
                continue;
            }

            keys.Add(file.Api.Key, file.Api.Name);
            apis.Add(file.Api);
        }

        apis.Sort((left, right) => left.Key.CompareTo(right.Key));
        context.AddSource("ApiTable.g.cs", SourceText.From(TableEmitter.Emit(apis), Encoding.UTF8));
    }

    private sealed class SchemaFile(AdditionalText text, SourceText? source, ApiSchema api, List<SchemaError> errors)
    {
        public ApiSchema Api { get; } = api;

        public List<SchemaError> Errors { get; } = errors;

        public static SchemaFile Read(AdditionalText text, CancellationToken cancellation)
        {
            SourceText? source = text.GetText(cancellation);
            var errors = new List<SchemaError>();
            ApiSchema api = SchemaParser.Parse(source?.ToString() ?? "", errors);
            return new SchemaFile(text, source, api, errors);
        }

        public Diagnostic Diagnostic(SchemaError error)
        {
            TextSpan span = source is not null && error.Line < source.Lines.Count ? source.Lines[error.Line].Span : default;
            LinePositionSpan lines = source?.Lines.GetLinePositionSpan(span) ?? default;
            return Microsoft.CodeAnalysis.Diagnostic.Create(BadSchema, Location.Create(text.Path, span, lines), error.Message);
        }
    }
}
