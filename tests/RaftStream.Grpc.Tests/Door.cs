using System.Net;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Client.V1;
using RaftStream.Metadata.Images;
using RaftStream.Records;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Storage.Files;

namespace RaftStream.Grpc.Tests;

/// <summary>A broker in memory behind a real gRPC port, and clients for it.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly RpcServer _server;

    private Door(BrokerNode node, RpcServer server, RpcChannel channel)
    {
        Node = node;
        _server = server;
        Channel = channel;
    }

    public BrokerNode Node { get; }

    public RpcChannel Channel { get; }

    public Log.LogClient Log => new(Channel);

    public Admin.AdminClient Admin => new(Channel);

    public static async Task<Door> OpenAsync(BrokerOptions? options = null, bool start = true)
    {
        var node = new BrokerNode(options ?? new BrokerOptions { DataDirectory = "/data", Seed = 7 }, new MemoryFileSystem());
        var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))] },
            new RpcServices().AddBroker(node));
        await server.StartAsync(default);
        if (start)
        {
            await node.StartAsync([new BrokerEndpoint("GRPC", "127.0.0.1", server.EndPoints[0].Port)]);
        }

        return new Door(node, server, RpcChannel.ForAddress($"http://{server.EndPoints[0]}"));
    }

    public async Task CreateAsync(string topic, int partitions = 1, params (string Key, string Value)[] configs)
    {
        var request = new NewTopic { Name = topic, Partitions = partitions };
        foreach ((string key, string value) in configs)
        {
            request.Configs.Add(key, value);
        }

        CreateTopicsResponse response = await Admin.CreateTopicsAsync(new CreateTopicsRequest { Topics = { request } });
        Assert.Null(response.Results.Single().Error);
    }

    public async Task<ProduceResponse> ProduceAsync(string topic, params string[] values) =>
        await Log.ProduceAsync(new ProduceRequest { Topic = Named(topic), Batch = Batch(values) });

    public static TopicRef Named(string topic) => new() { Name = topic };

    public static ByteString Batch(params string[] values)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 1 << 30 });
        foreach (string value in values)
        {
            Assert.True(builder.TryAppend(1000, OptionalBytes.Null, System.Text.Encoding.UTF8.GetBytes(value)));
        }

        return ByteString.CopyFrom(builder.Build().Span);
    }

    public static List<string> Values(ByteString batches)
    {
        var values = new List<string>();
        using var reader = new RecordBatchReader();
        ReadOnlySpan<byte> left = batches.Span;
        while (!left.IsEmpty)
        {
            Assert.True(reader.Open(left, out RecordBatchHeader header, out RecordEnumerator records).IsValid);
            while (records.MoveNext())
            {
                values.Add(System.Text.Encoding.UTF8.GetString(records.Current.Value.Span));
            }

            left = left[header.SizeInBytes..];
        }

        return values;
    }

    /// <summary>The error that goes with a failed call.</summary>
    public static Error ErrorOf(RpcException exception) =>
        Error.Parser.ParseFrom(exception.Trailers.GetValueBytes("raftstream-error-bin") ?? throw new InvalidOperationException(exception.ToString()));

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await _server.DisposeAsync();
        await Node.DisposeAsync();
    }
}
