using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

/// <summary>A broker on a folder of the real file system, removed at the end.</summary>
internal sealed class PhysicalBroker : IAsyncDisposable
{
    private readonly string _folder;
    private readonly BrokerNode _node;

    private PhysicalBroker(string folder, BrokerNode node)
    {
        _folder = folder;
        _node = node;
    }

    public BrokerApi Api => _node.Api!;

    public static async Task<PhysicalBroker> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("raftstream-broker-").FullName;
        var node = new BrokerNode(new BrokerOptions { DataDirectory = folder }, new PhysicalFileSystem());
        await node.StartAsync([]);
        return new PhysicalBroker(folder, node);
    }

    public async Task<BrokerPartition> CreateAsync(string topic, string flush)
    {
        await Api.Admin.CreateTopicsAsync(
            [new NewTopic { Name = topic, Configs = ConfigsImage.NoValues.Add("flush", flush) }], validateOnly: false);
        Assert.True(Api.TryFind(System.Text.Encoding.UTF8.GetBytes(topic), TopicId.None, 0, out BrokerPartition found, out _));
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
