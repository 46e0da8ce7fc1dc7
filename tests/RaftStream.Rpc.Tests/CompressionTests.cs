using Google.Protobuf;
using Grpc.Core;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class CompressionTests
{
    private static readonly ByteString Payload = ByteString.CopyFrom(new byte[200_000]);

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Messages_survive_gzip_both_ways(bool requests, bool responses)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(
            channelOptions: new RpcChannelOptions { CompressRequests = requests }, compressResponses: responses);

        Assert.Equal(Payload, (await probe.Client.EchoAsync(new Ping { Payload = Payload })).Payload);
        using AsyncDuplexStreamingCall<Ping, Pong> call = probe.Client.Chat();
        for (int i = 0; i < 5; i++)
        {
            await call.RequestStream.WriteAsync(new Ping { Payload = Payload, Number = i });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(Payload, call.ResponseStream.Current.Payload);
        }
    }

    [Theory]
    [InlineData("gzip", WriteFlags.None, true)]
    [InlineData("identity, gzip", WriteFlags.None, true)]
    [InlineData("identity", WriteFlags.None, false)]
    [InlineData(null, WriteFlags.None, false)]
    [InlineData("gzip", WriteFlags.NoCompress, false)]
    public async Task Response_is_compressed_only_for_those_who_accept_it(string? accepted, WriteFlags flags, bool compressed)
    {
        var method = Methods.Define(MethodType.Unary, "Zeros");
        await using ProbeServer probe = await ProbeServer.StartAsync(
            compressResponses: true,
            configure: services => services.MapUnary(method, (_, context) =>
            {
                context.WriteOptions = new WriteOptions(flags);
                return Task.FromResult(new byte[10_000]);
            }));

        RawAnswer answer = await RawCall.SendAsync(
            probe.EndPoint, method.FullName, new byte[5], headers: accepted is null ? [] : [("grpc-accept-encoding", accepted)]);

        Assert.Equal("0", answer.GrpcStatus);
        Assert.Equal(compressed ? 1 : 0, answer.Body[0]);
        Assert.Equal(compressed, answer.Body.Length < 1000);
    }

    [Fact]
    public async Task Unknown_encoding_is_unimplemented_and_the_answer_says_which_are_known()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(
            probe.EndPoint, "/raftstream.test.v1.Probe/Echo", new byte[5], headers: [("grpc-encoding", "snappy")]);

        Assert.Equal("12", answer.GrpcStatus);
        Assert.Equal("identity,gzip", answer.GrpcAcceptEncoding);
    }

    [Fact]
    public async Task Compressed_message_in_a_call_without_encoding_is_an_internal_error()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(probe.EndPoint, "/raftstream.test.v1.Probe/Echo", [1, 0, 0, 0, 1, 0]);

        Assert.Equal("13", answer.GrpcStatus);
    }

    [Fact]
    public async Task Message_that_is_not_gzip_is_an_internal_error()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(
            probe.EndPoint, "/raftstream.test.v1.Probe/Echo", [1, 0, 0, 0, 4, 9, 9, 9, 9], headers: [("grpc-encoding", "gzip")]);

        Assert.Equal("13", answer.GrpcStatus);
    }
}
