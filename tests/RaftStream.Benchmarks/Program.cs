using System.Reflection;
using BenchmarkDotNet.Running;
using RaftStream.Benchmarks.Images;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Benchmarks.Replication;
using RaftStream.Benchmarks.Rpc;
using RaftStream.Benchmarks.Storage;
using RaftStream.Benchmarks.Suite;

switch (args)
{
    case ["rpc", ..]:
        await RpcThroughput.RunAsync(args[1..]);
        break;
    case ["rpc-server"]:
        await BlobService.ServeAsync();
        break;
    case ["suite", ..]:
        return await SuiteCommand.RunAsync(args[1..]);
    case ["quorum-ops", var script]:
        await QuorumOperations.RunAsync(script);
        break;
    case ["quorum-failover", var script, ..]:
        await QuorumFailover.RunAsync(script, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 30);
        break;
    case ["replication", var command, var script, ..]:
        await ReplicationSuite.RunAsync(command, script, args.Length > 3 ? int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture) : 3);
        break;
    case ["broker-failover", var script, ..]:
        await BrokerFailover.RunAsync(script, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 50);
        break;
    case ["false-fencing", var script, ..]:
        await FalseFencing.RunAsync(script, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 60);
        break;
    case ["many-partitions-failover", var script, ..]:
        await ManyPartitionsFailover.RunAsync(script, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 3_000);
        break;
    case ["restart", var command, ..]:
        await RestartTime.RunAsync(command);
        break;
    case ["image-scale"]:
        ImageScale.Run();
        break;
    case ["log-append", ..]:
        LogAppendBenchmarks.Run(args.ElementAtOrDefault(1) ?? Path.Combine(Path.GetTempPath(), "raftstream-bench"));
        break;
    case ["log-read", ..]:
        LogReadBenchmarks.Run(args.ElementAtOrDefault(1) ?? Path.Combine(Path.GetTempPath(), "raftstream-bench"));
        break;
    default:
        BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
        break;
}

return 0;
