using System.CommandLine;
using RaftStream.Chaos;

// No limit: a run that is broken off by Ctrl+C heals, checks what it has, and takes its cluster down.
return await ChaosCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
