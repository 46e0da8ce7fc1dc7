using System.CommandLine;
using RaftStream.Cli.Commands;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.CommandLine;

/// <summary>All commands: <c>raftstream noun verb</c>.</summary>
internal static class CommandTree
{
    /// <summary>The root, its commands bound to <paramref name="console"/>.</summary>
    public static RootCommand Create(CliConsole console)
    {
        var root = new RootCommand("RaftStream: a Kafka-style replicated log broker, and the tools for it.")
        {
            ServerCommand.Create(),
            TopicCommand.Create(console),
            PartitionCommand.Create(console),
            ProducerCommand.Create(console),
            ClusterCommand.Create(console),
            QuorumCommand.Create(console),
            BrokerCommand.Create(console),
            StorageCommand.Create(console),
            HealthCommand.Create(console),
            ProduceCommand.Create(console),
            ConsumeCommand.Create(console),
            LogCommand.Create(console),
            BenchCommand.Create(console),
            DemoCommand.Create(console),
        };
        HelpWithExamples.AddTo(root);
        return root;
    }
}
