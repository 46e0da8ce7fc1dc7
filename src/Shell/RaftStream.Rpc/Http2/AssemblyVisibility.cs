using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RaftStream.Rpc.Tests")]
