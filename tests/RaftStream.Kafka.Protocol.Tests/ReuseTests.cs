using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>What is kept between uses, and what is not.</summary>
public sealed class ReuseTests
{
    [Fact]
    public void Elements_are_used_again_with_their_defaults()
    {
        var list = new MessageList<MetadataRequest.MetadataRequestTopic>();
        MetadataRequest.MetadataRequestTopic first = list.Add();
        first.Name = "a";

        list.Clear();

        Assert.Same(first, list.Add());
        Assert.Equal("", first.Name);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[1]);
    }

    [Fact]
    public void An_unusually_long_list_is_given_back()
    {
        var list = new MessageList<MetadataRequest.MetadataRequestTopic>();
        MetadataRequest.MetadataRequestTopic first = list.Add();
        for (int i = 0; i < 2000; i++)
        {
            list.Add();
        }

        list.Clear();

        Assert.NotSame(first, list.Add());
        Assert.Equal(1, list.Count);
    }

    [Fact]
    public void Null_and_empty_are_different_and_adding_ends_both()
    {
        var list = new ValueList<int>(isNull: true);
        Assert.True(list.IsNull);
        list.AddRange([]);
        Assert.False(list.IsNull);
        list.SetNull();
        list.Add(3);

        Assert.False(list.IsNull);
        Assert.Equal([3], list.Span.ToArray());
        foreach (int value in list)
        {
            Assert.Equal(3, value);
        }
    }

    [Fact]
    public void A_known_name_is_the_same_string_again()
    {
        var strings = new StringCache(places: 4);

        string first = Name("orders", strings), second = Name("orders", strings);

        Assert.Same(first, second);
        Assert.Equal("orders", first);
        Assert.Equal("", Name("", strings));
        Assert.Equal("gr\u00fcn", Name("gr\u00fcn", strings)); // not ASCII: read, not kept
        Assert.Equal("other", Name("other", strings));
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal($"topic-{i % 10}", Name($"topic-{i % 10}", strings)); // more names than places
        }
    }

    private static string Name(string name, StringCache strings)
    {
        var request = new MetadataRequest();
        request.Topics.Add().Name = name;
        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        request.Write(ref writer, 1);
        writer.Flush();
        var reader = new KafkaReader(new ReadOnlySequence<byte>(output.WrittenMemory), strings: strings);
        request.Read(ref reader, 1);
        return request.Topics[0].Name!;
    }
}
