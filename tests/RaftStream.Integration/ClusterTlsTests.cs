using RaftStream.Client;
using RaftStream.Integration.Harness;
using RaftStream.Server.Tests.Startup;

namespace RaftStream.Integration;

/// <summary>Nodes that show certificates of one authority make a cluster; one of another authority is not let in.</summary>
public sealed class ClusterTlsTests : BrokerTest
{
    [Fact]
    public async Task Nodes_of_one_authority_work_together_and_a_stranger_hears_nothing()
    {
        using var ours = new NodeCertificates();
        using var theirs = new NodeCertificates();
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 2));
        cluster.Start(1, TlsOf(ours, "1.pem"));
        cluster.Start(2, TlsOf(ours, "2.pem"));
        await cluster.WaitReadyAsync();
        await using var client = new RaftStreamClient(cluster[2].Endpoint);

        await client.Admin.CreateTopicAsync("orders");
        cluster.Start(3, TlsOf(theirs, "3.pem"));
        await cluster[3].Log.SaysAsync("Quorum: ");
        await client.Admin.CreateTopicAsync("more");

        Assert.Equal([2], (await client.Cluster.ListBrokersAsync()).Select(broker => broker.NodeId));
        Assert.DoesNotContain("leads epoch", cluster[3].Log.Text, StringComparison.Ordinal);
    }

    private static string[] TlsOf(NodeCertificates certificates, string name) =>
        [$"--quorum-tls-certificate={certificates.Sign(name)}", $"--quorum-tls-ca={certificates.AuthorityFile}"];
}
