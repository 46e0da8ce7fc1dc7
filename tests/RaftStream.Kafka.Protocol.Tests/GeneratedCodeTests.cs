using System.Buffers;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using RaftStream.Kafka.Protocol.Generator;
using RaftStream.Kafka.Protocol.Generator.Schema;
using RaftStream.Kafka.Protocol.Tests.Reference;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>What the notation can say and no API says yet, compiled here and held against the reference encoder.</summary>
public sealed class GeneratedCodeTests
{
    // The name of a real API, so that the key exists.
    private const string Everything = """
        api Fetch key 1 versions 0-4 flexible 3+

        request
          Flag       bool       = true
          Tiny       int8       1+ = -7
          Short      int16      0-2 ignorable = 300
          Port       uint16
          Number     int32      = -2147483648
          Big        int64      1-3 ignorable = 9223372036854775807
          Ratio      float64    2+ ignorable
          Id         uuid
          Text       string
          Maybe      string     nullable 2+
          Blob       bytes      nullable 1-3
          Batch      records?   = null
          Flags      []bool
          Tinies     []int8?
          Shorts     []int16
          Ports      []uint16
          Bigs       []int64    nullable 4
          Ratios     []float64
          Ids        []uuid
          Texts      []string?  = null
          Pair       Two
          MaybePair  Two?
          LatePair   Two        2+ nullable 4 ignorable
          Pairs      []Two?
          Moved      string     1+ tag 7 4+ ignorable
          Deep       []Outer    3+ tag 2 ignorable
            Inner    []Between
              Leaf   []Two      4+
              Last   int32      tag 200 = 5
            Hint     string?    tag 1 = null
            Lent     bytes      tag 0

        response
          ErrorCode  int16

        struct Two
          First   int32
          Second  string  2+
        """;

    [Fact]
    public void Every_type_and_attribute_of_the_notation_is_written_and_read_as_the_schema_says()
    {
        var errors = new List<SchemaError>();
        ApiSchema api = SchemaParser.Parse(Everything, errors);
        Assert.Empty(errors);
        Type type = Compile(Everything).GetType("RaftStream.Kafka.Protocol.Messages.FetchRequest", throwOnError: true)!;

        for (short version = 0; version <= 4; version++)
        {
            short now = version;
            ForAnySeed.Check(seeds: 60, prng =>
            {
                Tree tree = Tree.Random(api.Request!, now, prng);
                byte[] bytes = new ReferenceEncoder(api, now).Encode(api.Request!, tree);
                var message = (IKafkaMessage)Activator.CreateInstance(type)!;
                Mirror.Fill(message, api.Request!, tree);

                var output = new ArrayBufferWriter<byte>();
                var writer = new KafkaWriter(output);
                message.Write(ref writer, now);
                writer.Flush();
                Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(output.WrittenSpan));
                Assert.Equal(bytes.Length, message.GetSize(now));

                var again = (IKafkaMessage)Activator.CreateInstance(type)!;
                var reader = new KafkaReader(Segments.Split(bytes, prng));
                again.Read(ref reader, now);
                reader.CheckEnd("Everything");
                Assert.True(Tree.Same(tree, Mirror.Take(again, api.Request!)), $"{now}: {tree} became {Mirror.Take(again, api.Request!)}");
            });
        }
    }

    private static Assembly Compile(string schema)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(new ProtocolGenerator());
        driver = driver.AddAdditionalTexts([new SchemaDiagnosticTests.InMemoryText("Everything.schema", schema)]);
        string trusted = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        // The name lets it see what generated code uses of the codec.
        CSharpCompilation compilation = CSharpCompilation.Create(
            "RaftStream.Kafka.Protocol.Tests",
            references: trusted.Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        GeneratorDriverRunResult result = driver.RunGenerators(compilation).GetRunResult();
        Assert.Empty(result.Diagnostics);
        compilation = compilation.AddSyntaxTrees(result.GeneratedTrees.Where(tree => tree.FilePath.EndsWith("Fetch.g.cs", StringComparison.Ordinal)));

        using var image = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult emitted = compilation.Emit(image);
        Assert.Empty(emitted.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        return Assembly.Load(image.ToArray());
    }
}
