using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using BenchmarkDotNet.Running;
using RaftStream.Benchmarks;
using RaftStream.Benchmarks.Rpc;
using RaftStream.Cli.CommandLine;

switch (args)
{
    case [BenchmarksCommand.Micro, .. var rest]:
        BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(rest);
        return 0;
    case ["rpc-server"]: // The other process of "rpc".
        await BlobService.ServeAsync();
        return 0;
    default:
        ParseResult parsed = BenchmarksCommand.Create().Parse(BenchmarksCommand.WithSuite(args));
        return parsed.Action is ParseErrorAction ? UsageErrors.Explain(parsed, "scripts/bench --help", Console.Error) : await parsed.InvokeAsync();
}
