using System.Globalization;
using RaftStream.Chaos.Host;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Server;
using RaftStream.Storage.Files;

// raftstream server on a bad machine: <mode,mode...> server <setting...>
//   volatile   bytes that were not flushed die with the process
//   liar       flushes of records do nothing          \
//   eager      leaders do not wait for followers       > to see that the checks notice
//   careless   followers do not look where logs part  /
// The file <data folder>.faults, or the one that RAFTSTREAM_CHAOS_FAULTS names, holds what is wrong at the moment: full, no-space,
// clock=<milliseconds>.
if (args is not [_, "server", ..] || args.FirstOrDefault(word => word.StartsWith("--data=", StringComparison.Ordinal)) is not { } data)
{
    Console.Error.WriteLine("usage: RaftStream.Chaos.Host <mode,mode...> server --data=<folder> <setting...>");
    return 2;
}

string[] modes = args[0].Split(',');
string folder = data["--data=".Length..];
using var faults = new Faults(Environment.GetEnvironmentVariable("RAFTSTREAM_CHAOS_FAULTS") ?? $"{folder}.faults") { FlushLies = modes.Contains("liar") };
faults.Watch();
var disk = new VolatileFileSystem(PhysicalFileSystem.Instance, faults);
var random = new Prng((ulong)Environment.TickCount64);
using var writeBack = new Timer(_ => disk.WriteBackSome(random), null, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));
ReplicationSabotage sabotage = (modes.Contains("eager") ? ReplicationSabotage.CountNobodyElse : ReplicationSabotage.None)
    | (modes.Contains("careless") ? ReplicationSabotage.NoDivergenceCheck : ReplicationSabotage.None);
var surroundings = new Surroundings
{
    Files = modes.Contains("volatile") ? disk : PhysicalFileSystem.Instance,
    Time = new ShiftedTime(faults),
    Amend = options => options with { Sabotage = sabotage },
};
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a bad machine: {args[0]}"));
return await ServerHost.RunAsync(args[2..], surroundings);
