using System.Text;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration;

/// <summary>Requests that make no sense get an error that says so; the broker serves on.</summary>
public sealed class BadRequestTests : BrokerTest
{
    private ThinClient _client = null!;

    public override async Task InitializeAsync() => _client = ClientOf(await StartReadyAsync());

    [Fact]
    public async Task An_unknown_topic_or_partition_is_an_error()
    {
        ProduceResponse noTopic = await _client.ProduceAsync("nowhere", 0, "value");
        await _client.CreateTopicAsync("known");
        ProduceResponse noPartition = await _client.ProduceAsync("known", 1, "value");
        FetchResponse fetched = await _client.Log.FetchAsync(
            new FetchRequest { Partitions = { new FetchPartition { Topic = new TopicRef { Name = "nowhere" } } } });

        MustBe("UNKNOWN_TOPIC_OR_PARTITION", "nowhere", noTopic.Error);
        MustBe("UNKNOWN_TOPIC_OR_PARTITION", "known", noPartition.Error);
        MustBe("UNKNOWN_TOPIC_OR_PARTITION", "nowhere", fetched.Partitions[0].Error);
        Assert.Equal(-1, noTopic.BaseOffset);
        await _client.MustBeServedAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../escape")]
    [InlineData("white space")]
    [InlineData("näme")]
    [InlineData("name\u0000")]
    public async Task A_topic_name_that_is_not_allowed_is_an_error(string name)
    {
        TopicResult result = await _client.CreateTopicAsync(name);

        MustBe("INVALID_TOPIC_EXCEPTION", "", result.Error);
        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task A_topic_name_that_is_too_long_is_an_error_and_one_that_just_fits_works()
    {
        TopicResult tooLong = await _client.CreateTopicAsync(new string('x', 250));
        TopicResult fits = await _client.CreateTopicAsync(new string('x', 249));

        MustBe("INVALID_TOPIC_EXCEPTION", "", tooLong.Error);
        Assert.Null(fits.Error);
        Assert.Null((await _client.ProduceAsync(new string('x', 249), 0, "value")).Error);
    }

    [Theory]
    [InlineData(-5, "retention.ms", "1", "INVALID_PARTITIONS")]
    [InlineData(1, "retention.mss", "1", "INVALID_CONFIG")]
    [InlineData(1, "retention.ms", "soon", "INVALID_CONFIG")]
    public async Task A_topic_that_cannot_be_is_an_error(int partitions, string key, string value, string expected)
    {
        TopicResult result = await _client.CreateTopicAsync("odd", partitions, (key, value));

        MustBe(expected, "", result.Error);
        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task A_batch_above_the_limit_of_its_topic_is_refused()
    {
        await _client.CreateTopicAsync("small", 1, ("max.message.bytes", "1000"));

        ProduceResponse batch = await _client.ProduceBatchAsync("small", 0, ThinClient.Batch(new string('x', 1000)));
        ProduceResponse records = await _client.ProduceAsync("small", 0, new string('x', 1000));

        MustBe("MESSAGE_TOO_LARGE", "1000", batch.Error);
        MustBe("MESSAGE_TOO_LARGE", "1000", records.Error);
        Assert.Empty(await _client.ReadAllAsync("small", 0));
        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task A_message_above_the_limit_of_the_server_is_refused_without_being_read()
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            () => _client.ProduceBatchAsync("any", 0, new byte[17 * 1024 * 1024]));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        await _client.MustBeServedAsync();
    }

    [Theory]
    [InlineData(17)] // the checksum itself
    [InlineData(40)] // the header behind it
    [InlineData(70)] // a record
    public async Task A_flipped_bit_is_found_and_nothing_is_stored(int at)
    {
        await _client.CreateTopicAsync("checked");
        byte[] batch = ThinClient.Batch("some value", "and another one");
        batch[at] ^= 0x10;

        ProduceResponse response = await _client.ProduceBatchAsync("checked", 0, batch);

        MustBe("CORRUPT_MESSAGE", "", response.Error);
        Assert.Empty(await _client.ReadAllAsync("checked", 0));
        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task Batches_that_are_none_are_refused()
    {
        await _client.CreateTopicAsync("checked");
        byte[] good = ThinClient.Batch("some value");
        byte[][] wrong =
        [
            good[..^1], // cut
            [.. good, 0], // more than it says
            [.. good, .. good], // two
            good[..20], // not even a header
            Encoding.ASCII.GetBytes(new string('?', 200)),
            new byte[500],
        ];

        foreach (byte[] batch in wrong)
        {
            ProduceResponse response = await _client.ProduceBatchAsync("checked", 0, batch);
            Assert.NotNull(response.Error);
            Assert.Contains(response.Error.Name, new[] { "CORRUPT_MESSAGE", "INVALID_RECORD", "UNSUPPORTED_FOR_MESSAGE_FORMAT" });
        }

        Assert.Empty(await _client.ReadAllAsync("checked", 0));
        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task Offsets_out_of_range_are_an_error()
    {
        await _client.CreateTopicAsync("short");
        await _client.ProduceAsync("short", 0, "only");

        foreach (long offset in new[] { -7, 2, long.MaxValue })
        {
            FetchResponse response = await _client.Log.FetchAsync(new FetchRequest
            {
                Partitions = { new FetchPartition { Topic = new TopicRef { Name = "short" }, FetchOffset = offset } },
            });
            MustBe("OFFSET_OUT_OF_RANGE", "", response.Partitions[0].Error);
        }

        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task A_request_with_batch_and_records_or_with_neither_is_an_error()
    {
        await _client.CreateTopicAsync("one");
        var both = new ProduceRequest
        {
            Topic = new TopicRef { Name = "one" },
            Batch = ByteString.CopyFrom(ThinClient.Batch("a")),
            Records = { new Record() },
        };

        await MustBeRefusedAsync(both);
        await MustBeRefusedAsync(new ProduceRequest { Topic = new TopicRef { Name = "one" } });

        Assert.Empty(await _client.ReadAllAsync("one", 0));
        await _client.MustBeServedAsync();
    }

    // As an error in the answer or of the call: both say what is wrong.
    private async Task MustBeRefusedAsync(ProduceRequest request)
    {
        try
        {
            ProduceResponse response = await _client.Log.ProduceAsync(request);
            Assert.NotNull(response.Error);
            Assert.NotEmpty(response.Error.Message);
        }
        catch (RpcException exception)
        {
            Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
            Assert.NotEmpty(exception.Status.Detail);
        }
    }

    private static void MustBe(string name, string part, Error? error)
    {
        Assert.NotNull(error);
        Assert.Equal(name, error.Name);
        Assert.NotEmpty(error.Message);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
