using System.Reflection;
using BenchmarkDotNet.Running;
using RaftStream.Benchmarks.Rpc;
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
    default:
        BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
        break;
}

return 0;
