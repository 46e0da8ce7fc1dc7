using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using Xunit.Abstractions;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration;

/// <summary>A process that starts, serves, pauses, stops and starts again.</summary>
public sealed class LifecycleTests(ITestOutputHelper output) : BrokerTest
{
    [Fact]
    public async Task SIGTERM_is_a_clean_stop_and_everything_is_there_afterwards()
    {
        BrokerSetup setup = Setup();
        BrokerProcess broker = await StartReadyAsync(setup);
        ThinClient client = ClientOf(broker);
        await client.CreateTopicAsync("kept");
        await client.ProduceAsync("kept", 0, "a", "b");
        output.WriteLine($"resident: {broker.ResidentBytes / 1_000_000} MB");

        int exitCode = await broker.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains("stopped cleanly", broker.Log.Text, StringComparison.Ordinal);
        BrokerProcess again = await StartReadyAsync(setup);
        List<Record> records = await ClientOf(again).ReadAllAsync("kept", 0);
        Assert.Equal(["a", "b"], records.Select(record => record.Value.ToStringUtf8()));
        Assert.DoesNotContain("not closed cleanly", again.Log.Text, StringComparison.Ordinal);
        output.WriteLine(again.Log.Lines.First(line => line.Contains("ready after", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_consumer_that_waits_for_more_does_not_hold_up_a_clean_stop()
    {
        BrokerProcess broker = await StartReadyAsync("--shutdown-timeout-ms=60000");
        ThinClient client = ClientOf(broker);
        await client.CreateTopicAsync("quiet");
        await client.ProduceAsync("quiet", 0, "first");
        using var stream = client.Log.Consume(new Client.V1.ConsumeRequest
        {
            Partitions = { new Client.V1.FetchPartition { Topic = new Client.V1.TopicRef { Name = "quiet" } } },
        });
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        int exitCode = await broker.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains("stopped cleanly", broker.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_was_stopped_for_a_while_goes_on_serving()
    {
        BrokerProcess broker = await StartReadyAsync();
        ThinClient client = ClientOf(broker);
        await client.MustBeServedAsync();

        broker.Suspend();
        Task served = client.MustBeServedAsync();
        Assert.False(served.IsCompleted);
        broker.Resume();

        await served;
    }

    [Fact]
    public async Task Health_readiness_and_metrics_are_told_over_http()
    {
        BrokerProcess broker = await StartReadyAsync();
        await ClientOf(broker).MustBeServedAsync();

        Assert.Equal((HttpStatusCode.OK, "ok\n"), await broker.GetAsync("/healthz"));
        Assert.Equal((HttpStatusCode.OK, "{\"ready\":true,\"reasons\":[]}\n"), await broker.GetAsync("/readyz"));
        (HttpStatusCode status, string metrics) = await broker.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Matches(@"(?m)^raftstream_produce_records_total 3$", metrics);
        Assert.Matches(@"(?m)^raftstream_topics \d", metrics);
        Assert.Matches(@"(?m)^raftstream_produce_requests_total 1$", metrics);
        Assert.Matches(@"(?m)^process_resident_memory_bytes \d", metrics);
    }

    [Fact]
    public async Task With_a_certificate_the_port_speaks_TLS_only()
    {
        using X509Certificate2 certificate = WriteCertificate();
        BrokerProcess broker = await StartReadyAsync(
            $"--grpc-tls-certificate={Folder["cert.pem"]}", $"--grpc-tls-key={Folder["key.pem"]}", $"--grpc-advertised-endpoint=localhost:{FreePorts.Take()}");
        await using var trusting = new RaftStreamClient(new RaftStreamClientOptions
        {
            BootstrapEndpoints = [broker.Endpoint.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)],
            Tls = new ClientTlsOptions { TrustedAuthorities = [certificate] },
        });
        await using var cleartext = new RaftStreamClient(new RaftStreamClientOptions
        {
            BootstrapEndpoints = [broker.Endpoint],
            OperationTimeout = TimeSpan.FromSeconds(1),
        });

        ClusterDescription cluster = await trusting.Admin.DescribeClusterAsync();

        Assert.Single(cluster.Brokers);
        await Assert.ThrowsAsync<RaftStreamException>(() => cleartext.Admin.DescribeClusterAsync());
    }

    private X509Certificate2 WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Folder["cert.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(Folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
