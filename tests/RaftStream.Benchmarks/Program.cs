using BenchmarkDotNet.Running;
using RaftStream.Benchmarks.Rpc;

switch (args)
{
    case ["rpc", ..]:
        await RpcThroughput.RunAsync(args[1..]);
        break;
    case ["rpc-server"]:
        await BlobService.ServeAsync();
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
