using System.Net;
using Microsoft.Extensions.Logging;
using RaftStream.Metadata.Configs;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Tests.Settings;

/// <summary>Sources, their order, and every kind of mistake.</summary>
[Collection(nameof(SettingsTests))]
public sealed class SettingsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Nothing_given_is_all_defaults()
    {
        ServerSettings settings = SettingsReader.Read([]);

        Assert.Empty(settings.TopicDefaults);
        Assert.Equal(new ServerSettings { DataDirectory = "raftstream-data", TopicDefaults = settings.TopicDefaults, Kafka = settings.Kafka, Told = settings.Told }, settings);
        Assert.Equal(new KafkaSettings { Listeners = settings.Kafka.Listeners }, settings.Kafka);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 9090), settings.GrpcEndPoint);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 8080), settings.HttpEndPoint);
    }

    [Fact]
    public void Every_setting_is_told_to_administrators()
    {
        ServerSettings settings = SettingsReader.Read(["--grpc-port", "7", "--log-retention-ms", "1000"]);

        Assert.Equal(SettingsSchema.All.Select(setting => setting.Key), settings.Told.Select(told => told.Name));
        Assert.Equal(["grpc.port", "log.retention.ms"], settings.Told.Where(told => !told.IsDefault).Select(told => told.Name));
        Assert.Equal(("7", ConfigType.Number), settings.Told.Where(told => told.Name == "grpc.port").Select(told => (told.Value, told.Type)).Single());
        Assert.Equal("9092", settings.Told.Single(told => told.Name == "listeners").Value?.Split(':')[^1]);
        Assert.All(settings.Told, told => Assert.NotEmpty(told.Documentation));
    }

    [Theory]
    [InlineData("--grpc-port", "7")]
    [InlineData("--grpc.port", "7")]
    [InlineData("--Grpc:Port", "7")]
    [InlineData("--grpc_port=7")]
    [InlineData("--GRPC-PORT=7")]
    public void The_command_line_takes_every_spelling_of_a_name(params string[] arguments)
    {
        Assert.Equal(7, SettingsReader.Read(arguments).GrpcEndPoint.Port);
    }

    [Theory]
    [InlineData("""{ "RaftStream": { "grpc": { "port": 7 } } }""")]
    [InlineData("""{ "RaftStream": { "grpc.port": 7 } }""")]
    [InlineData("""{ "RaftStream": { "Grpc": { "Port": "7" } }, "Logging": { "LogLevel": "anything" } }""")]
    public void A_file_may_nest_names_or_not(string json)
    {
        Assert.Equal(7, SettingsReader.Read(["--config", Config(json)]).GrpcEndPoint.Port);
    }

    [Fact]
    public void Arrays_in_a_file_are_lists()
    {
        ServerSettings settings = SettingsReader.Read(
            ["--config", Config("""{ "RaftStream": { "process.roles": ["broker", "controller"] } }""")]);

        Assert.Equal("raftstream-data", settings.DataDirectory);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_the_command_line_over_both()
    {
        string file = Config("""{ "RaftStream": { "node.id": 1, "broker.rack": "file", "data.dir": "file" } }""");
        using var variables = new Variables(("RAFTSTREAM__NODE__ID", "2"), ("RAFTSTREAM__BROKER_RACK", "variable"));

        ServerSettings settings = SettingsReader.Read(["--config", file, "--node-id", "3"]);

        Assert.Equal((3, "variable", "file"), (settings.NodeId, settings.Rack, settings.DataDirectory));
    }

    [Fact]
    public void All_mistakes_are_listed_at_once_each_with_its_place()
    {
        string file = Config("""{ "RaftStream": { "grpc": { "prot": 9 }, "node.id": "seven" } }""");
        using var variables = new Variables(("RAFTSTREAM__LOGGING__LEVEL", "chatty"));

        SettingsException exception = Assert.Throws<SettingsException>(
            () => SettingsReader.Read(["--config", file, "--http-port", "70000", "--otlp-http", "oui", "stray", "--data"]));

        Assert.Equal(
            [
                "command line: \"stray\" is not a setting; write --key value or --key=value",
                "command line: --data has no value",
                $"{file} \"grpc:prot\": there is no setting grpc.prot; did you mean grpc.port?",
                $"{file} \"node.id\": node.id is \"seven\" but must be a whole number of at least 0",
                "environment RAFTSTREAM__LOGGING__LEVEL: logging.level is \"chatty\" but must be one of: trace, debug, information, warning, error, none",
                "command line --http-port: http.port is \"70000\" but must be a whole number from -1 to 65535",
                "command line --otlp-http: otlp.http is \"oui\" but must be true or false",
            ],
            exception.Mistakes);
        Assert.StartsWith("7 mistakes in the settings:\n  command line:", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is not valid JSON", "{ \"RaftStream\": ")]
    [InlineData("has no section \"RaftStream\"", """{ "node.id": 1 }""")]
    public void A_file_that_cannot_be_used_is_a_mistake(string expected, string json)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(["--config", Config(json)]));

        Assert.Contains(expected, Assert.Single(exception.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_named_must_be_there()
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(["--config", "/nowhere/at-all.json"]));

        Assert.StartsWith("/nowhere/at-all.json: cannot be read", Assert.Single(exception.Mistakes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc.port and http.port are both 9000", "--grpc-port", "9000", "--http-port", "9000")]
    [InlineData("grpc.tls.key is set but grpc.tls.certificate is not", "--grpc-tls-key", "key.pem")]
    [InlineData("data.dir is empty", "--data", "")]
    [InlineData("must be host:port", "--grpc-advertised-endpoint", "example.org")]
    [InlineData("must be an address like", "--otlp-endpoint", "collector:4317")]
    [InlineData("must be a UUID", "--cluster-id", "mine")]
    [InlineData("must be an IP address", "--grpc-host", "example.org")]
    public void Values_that_cannot_be_right_are_refused(string expected, params string[] arguments)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(arguments));

        Assert.Contains(expected, Assert.Single(exception.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Topic_defaults_carry_kafkas_names_and_the_rules_of_the_topic_key()
    {
        ServerSettings settings = SettingsReader.Read(
            ["--log-retention-ms", "1000", "--message-max-bytes", "2000", "--min-insync-replicas=1", "--log-roll-ms=5"]);

        Assert.Equal(
            [("max.message.bytes", "2000"), ("min.insync.replicas", "1"), ("retention.ms", "1000"), ("segment.ms", "5")],
            settings.TopicDefaults.Select(pair => (pair.Key, pair.Value)));
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(["--log-flush", "never"]));
        Assert.StartsWith("command line --log-flush: log.flush is \"never\" but must be", exception.Mistakes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Values_become_what_they_mean()
    {
        ServerSettings settings = SettingsReader.Read(
            ["--grpc-host", "*", "--http-port=-1", "--otlp-http", "--otlp-endpoint", "http://c:4317", "--logging-level", "WARNING"]);

        Assert.Equal(IPAddress.Any, settings.GrpcEndPoint.Address);
        Assert.Null(settings.HttpEndPoint);
        Assert.True(settings.OtlpOverHttp);
        Assert.Equal(new Uri("http://c:4317"), settings.OtlpEndpoint);
        Assert.Equal(LogLevel.Warning, settings.LoggingLevel);
    }

    private string Config(string json)
    {
        File.WriteAllText(_file, json);
        return _file;
    }

    // Variables of this process: other tests read settings, too, so these run alone.
    private sealed class Variables : IDisposable
    {
        private readonly (string Name, string Value)[] _variables;

        public Variables(params (string Name, string Value)[] variables)
        {
            _variables = variables;
            foreach ((string name, string value) in variables)
            {
                Environment.SetEnvironmentVariable(name, value);
            }
        }

        public void Dispose()
        {
            foreach ((string name, _) in _variables)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }
}

/// <summary>Tests that change the environment, which the settings of all others are read from.</summary>
[CollectionDefinition(nameof(SettingsTests), DisableParallelization = true)]
public sealed class AloneWithTheEnvironment;
