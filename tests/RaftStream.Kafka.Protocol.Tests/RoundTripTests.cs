using System.Buffers;
using RaftStream.Kafka.Protocol.Generator.Schema;
using RaftStream.Kafka.Protocol.Tests.Reference;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Every message in every version, random values, held against the plain reference encoder.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<ApiKey> Apis => [.. ApiTable.All.Select(api => api.Key)];

    [Theory]
    [MemberData(nameof(Apis))]
    public void What_is_written_is_what_the_schema_says_and_as_long_as_announced(ApiKey key) => ForEach(key, (api, body, version, prng) =>
    {
        Tree tree = Tree.Random(body, version, prng);
        IKafkaMessage message = Schemas.New(api, body);
        Mirror.Fill(message, body, tree);

        byte[] written = Write(message, version);

        Assert.Equal(Convert.ToHexString(new ReferenceEncoder(api, version).Encode(body, tree)), Convert.ToHexString(written));
        Assert.Equal(written.Length, message.GetSize(version));
    });

    [Theory]
    [MemberData(nameof(Apis))]
    public void What_is_read_is_what_was_written_and_defaults_where_the_version_has_no_field(ApiKey key) => ForEach(key, (api, body, version, prng) =>
    {
        Tree tree = Tree.Random(body, version, prng);
        byte[] bytes = new ReferenceEncoder(api, version).Encode(body, tree);

        foreach (ReadOnlySequence<byte> input in new[] { new ReadOnlySequence<byte>(bytes), Segments.Split(bytes, prng) })
        {
            IKafkaMessage message = Read(api, body, version, input);
            Assert.True(Tree.Same(tree, Mirror.Take(message, body)), $"{body.Name} {version}: {tree} became {Mirror.Take(message, body)}");
        }
    });

    // E.3 6 (KIP-482): tags that this codec does not know are skipped at every nesting level.
    [Theory]
    [MemberData(nameof(Apis))]
    public void Unknown_tagged_fields_are_skipped_wherever_they_stand(ApiKey key) => ForEach(key, (api, body, version, prng) =>
    {
        Tree tree = Tree.Random(body, version, prng);
        byte[] bytes = new ReferenceEncoder(api, version, strangers: prng).Encode(body, tree);

        IKafkaMessage message = Read(api, body, version, Segments.Split(bytes, prng));

        Assert.True(Tree.Same(tree, Mirror.Take(message, body)), $"{body.Name} {version}: {tree} became {Mirror.Take(message, body)}");
    });

    [Theory]
    [MemberData(nameof(Apis))]
    public void A_message_that_is_used_again_keeps_nothing_of_what_it_held(ApiKey key) => ForEach(key, (api, body, version, prng) =>
    {
        IKafkaMessage message = Schemas.New(api, body);
        ApiInfo info = ApiTable.Get(key);
        Tree before = Tree.Random(body, info.MaxVersion, prng);
        byte[] first = new ReferenceEncoder(api, info.MaxVersion).Encode(body, before);
        Read(message, info.MaxVersion, new ReadOnlySequence<byte>(first));
        Tree tree = Tree.Random(body, version, prng);

        Read(message, version, new ReadOnlySequence<byte>(new ReferenceEncoder(api, version).Encode(body, tree)));
        Assert.True(Tree.Same(tree, Mirror.Take(message, body)), $"{body.Name} {version}: {tree} became {Mirror.Take(message, body)}");

        message.Reset();
        Assert.True(Tree.Same(Mirror.Take(Schemas.New(api, body), body), Mirror.Take(message, body)));
    });

    [Theory]
    [MemberData(nameof(Apis))]
    public void Every_prefix_of_a_message_is_refused_as_truncated(ApiKey key) => ForEach(key, (api, body, version, prng) =>
    {
        byte[] bytes = new ReferenceEncoder(api, version).Encode(body, Tree.Random(body, version, prng));
        if (bytes.Length == 0)
        {
            return;
        }

        ReadOnlyMemory<byte> prefix = bytes.AsMemory(0, prng.Next(bytes.Length));

        var fault = Assert.Throws<KafkaProtocolException>(() => Read(api, body, version, new ReadOnlySequence<byte>(prefix)));
        Assert.Equal(KafkaProtocolError.Truncated, fault.Error);
        Assert.StartsWith(body.Name, fault.Field, StringComparison.Ordinal);
        Assert.InRange(fault.Offset, 0, prefix.Length);
    });

    [Theory]
    [MemberData(nameof(Apis))]
    public void Bytes_after_the_last_field_are_reported(ApiKey key) => ForEach(key, (api, body, version, prng) =>
    {
        byte[] bytes = [.. new ReferenceEncoder(api, version).Encode(body, Tree.Random(body, version, prng)), 0];

        var fault = Assert.Throws<KafkaProtocolException>(() => Read(api, body, version, new ReadOnlySequence<byte>(bytes)));
        Assert.Equal((KafkaProtocolError.TrailingBytes, bytes.Length - 1), (fault.Error, fault.Offset));
    });

    private static void ForEach(ApiKey key, Action<ApiSchema, StructSchema, short, Prng> check)
    {
        foreach ((ApiSchema api, StructSchema body, short version) in Schemas.Cases().Where(one => one.Api.Key == (short)key))
        {
            ForAnySeed.Check(seeds: 25, prng => check(api, body, version, prng));
        }
    }

    private static byte[] Write(IKafkaMessage message, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        message.Write(ref writer, version);
        writer.Flush();
        Assert.Equal(output.WrittenCount, writer.Written);
        return output.WrittenSpan.ToArray();
    }

    private static IKafkaMessage Read(ApiSchema api, StructSchema body, short version, ReadOnlySequence<byte> bytes)
    {
        IKafkaMessage message = Schemas.New(api, body);
        Read(message, version, bytes);
        return message;
    }

    private static void Read(IKafkaMessage message, short version, ReadOnlySequence<byte> bytes)
    {
        var reader = new KafkaReader(bytes);
        message.Read(ref reader, version);
        reader.CheckEnd(message.GetType().Name);
    }
}
