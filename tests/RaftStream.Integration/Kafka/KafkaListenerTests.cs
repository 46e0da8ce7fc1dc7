using System.Text;
using System.Text.Json;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;
using RaftStream.Server.Tests.Startup;

namespace RaftStream.Integration.Kafka;

/// <summary>Listeners of one broker: TLS, several of them, and topics that producers make.</summary>
public sealed class KafkaListenerTests : BrokerTest
{
    [KafkaFact(KafkaClient.Kcat)]
    public async Task Each_listener_tells_its_own_addresses_in_cleartext_or_in_TLS()
    {
        using var certificates = new NodeCertificates();
        string[] trusting = ["security.protocol=ssl", $"ssl.ca.location={certificates.AuthorityFile}"];
        int inside = FreePorts.Take(), outside = FreePorts.Take();
        BrokerProcess broker = await StartReadyAsync(Setup(
            "--listener-security-protocol-map=INSIDE:PLAINTEXT,OUTSIDE:SSL",
            $"--advertised-listeners=OUTSIDE://localhost:{outside}",
            $"--kafka-tls-certificate={certificates.Sign("broker.pem")}") with
        {
            KafkaListeners = $"INSIDE://127.0.0.1:{inside},OUTSIDE://127.0.0.1:{outside}",
        });
        Assert.Null((await ClientOf(broker).CreateTopicAsync("orders")).Error);
        var cleartext = new Kcat($"127.0.0.1:{inside}");
        var tls = new Kcat($"localhost:{outside}", trusting);

        Assert.Equal($"127.0.0.1:{inside}", await ToldAsync(cleartext));
        Assert.Equal($"localhost:{outside}", await ToldAsync(tls));
        string[] values = [.. Enumerable.Range(0, 5_000).Select(i => $"a secret of some length, {i}")]; // more than goes out in one piece
        await tls.ProduceAsync("orders", values);
        Assert.Equal(values, (await tls.ReadAsync("orders")).Select(record => record.Value));
        Assert.Equal(values, (await cleartext.ReadAsync("orders")).Select(record => record.Value));
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Who_does_not_trust_the_certificate_or_speaks_in_cleartext_is_not_served()
    {
        using var ours = new NodeCertificates();
        using var theirs = new NodeCertificates();
        int port = FreePorts.Take();
        BrokerProcess broker = await StartReadyAsync(Setup($"--kafka-tls-certificate={ours.Sign("broker.pem")}") with
        {
            KafkaListeners = $"SSL://127.0.0.1:{port}",
        });

        ToolRun distrusting = await new Kcat(
            $"127.0.0.1:{port}", "security.protocol=ssl", $"ssl.ca.location={theirs.AuthorityFile}").RunAsync("-L", "-m", "2");
        ToolRun inCleartext = await new Kcat($"127.0.0.1:{port}").RunAsync("-L", "-m", "2");

        Assert.All([distrusting, inCleartext], run => Assert.NotEqual(0, run.ExitCode)); // 1, or what a crash gives: kcat does crash here
        Assert.Contains("certificate verify failed", distrusting.Complaints, StringComparison.Ordinal);
        string[] trusting = ["security.protocol=ssl", $"ssl.ca.location={ours.AuthorityFile}"];
        Assert.Equal($"127.0.0.1:{port}", await ToldAsync(new Kcat($"127.0.0.1:{port}", trusting)));
        await ClientOf(broker).MustBeServedAsync();
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task A_producer_makes_the_topic_where_that_is_allowed()
    {
        BrokerProcess broker = await StartReadyAsync("--auto-create-topics-enable=true");
        var kcat = new Kcat(broker.KafkaEndpoint);

        await kcat.ProduceAsync("made-by-it", ["one", "two"]);

        Assert.Equal(["one", "two"], (await kcat.ReadAsync("made-by-it")).Select(record => record.Value));
        ToolRun badName = await kcat.RunAsync(Encoding.UTF8.GetBytes("v"), "-P", "-t", "not a name");
        Assert.Contains("Invalid topic", badName.Complaints, StringComparison.Ordinal);
        TopicResult again = await ClientOf(broker).CreateTopicAsync("made-by-it");
        Assert.Equal("TOPIC_ALREADY_EXISTS", again.Error.Name);
    }

    private static async Task<string?> ToldAsync(Kcat kcat)
    {
        ToolRun run = await kcat.RunAsync("-L", "-J");
        Assert.True(run.ExitCode == 0, run.Complaints);
        using var json = JsonDocument.Parse(run.Output);
        return Assert.Single(json.RootElement.GetProperty("brokers").EnumerateArray()).GetProperty("name").GetString();
    }
}
