using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using RaftStream.Rpc;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Http2;

namespace RaftStream.Benchmarks.Rpc;

/// <summary>Moves bytes between two processes and says what a gigabyte costs each of them in processor time.</summary>
/// <remarks>
/// Usage: <c>rpc [--seconds n]</c>. The server is this program again with <c>rpc-server</c>. The two clients take
/// turns shape by shape, since the machine's speed drifts.
/// </remarks>
internal sealed class RpcThroughput(string client, CallInvoker invoker, double seconds)
{
    public static async Task RunAsync(double seconds)
    {
        using Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. SelfArguments(), "rpc-server"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            string port = await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.");
            await using RpcChannel framework = RpcChannel.ForAddress($"127.0.0.1:{port}");
            await using Http2Channel own = Http2Channel.ForAddress($"127.0.0.1:{port}");
            await AllAsync(
                new RpcThroughput("HttpClient", framework.CreateCallInvoker(), seconds),
                new RpcThroughput("Http2Channel", own.CreateCallInvoker(), seconds));
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
        }
    }

    private static async Task AllAsync(params RpcThroughput[] clients)
    {
        Func<RpcThroughput, Task>[] shapes =
        [
            run => run.BytesAsync("unary, 4 at once", 64 * 1024, (size, until) => run.UnaryAsync(4, size, until)),
            run => run.BytesAsync("duplex up", 256 * 1024, run.DuplexUpAsync),
            run => run.BytesAsync("server stream", 1024 * 1024, run.ServerStreamAsync),
            run => run.BytesAsync("server stream", 64 * 1024, run.ServerStreamAsync),
            run => run.CallsAsync("unary, 1 at once", 100, (size, until) => run.UnaryAsync(1, size, until)),
            run => run.CallsAsync("unary, 16 at once", 100, (size, until) => run.UnaryAsync(16, size, until)),
            run => run.CallsAsync("duplex, 256 under way", 100, (size, until) => run.DuplexPingAsync(256, size, until)),
            run => run.CallsAsync("server stream", 100, run.ServerStreamAsync),
        ];
        Console.WriteLine("| shape | payload | client | MB/s or calls/s | CPU s/GB (or per million) server | client |");
        Console.WriteLine("|---|---|---|---|---|---|");
        for (int round = 0; round < 2; round++)
        {
            foreach (Func<RpcThroughput, Task> shape in shapes)
            {
                foreach (RpcThroughput run in clients)
                {
                    await shape(run);
                }
            }
        }
    }

    private async Task<long> UnaryAsync(int atOnce, int size, Func<bool> goOn)
    {
        long moved = 0;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            var request = new Blob { Size = size };
            while (goOn())
            {
                await invoker.AsyncUnaryCall(BlobService.Put, null, default, request);
                Interlocked.Increment(ref moved);
            }
        }));
        return moved;
    }

    private Task<long> DuplexUpAsync(int size, Func<bool> goOn) => DuplexPingAsync(16, size, goOn);

    private async Task<long> DuplexPingAsync(int underWay, int size, Func<bool> goOn)
    {
        using var room = new SemaphoreSlim(underWay);
        using AsyncDuplexStreamingCall<Blob, Blob> call = invoker.AsyncDuplexStreamingCall(BlobService.Exchange, null, default);
        Task reading = Task.Run(async () =>
        {
            while (await call.ResponseStream.MoveNextAsync())
            {
                room.Release();
            }
        });
        var request = new Blob { Size = size };
        long sent = 0;
        while (goOn())
        {
            await room.WaitAsync();
            call.RequestStream.WriteOptions = room.CurrentCount > 0 ? new WriteOptions(WriteFlags.BufferHint) : null;
            await call.RequestStream.WriteValueAsync(request);
            sent++;
        }

        await call.RequestStream.CompleteAsync();
        await reading;
        return sent;
    }

    private async Task<long> ServerStreamAsync(int size, Func<bool> goOn)
    {
        using AsyncServerStreamingCall<Blob> call = invoker.AsyncServerStreamingCall(
            BlobService.Send, null, default, new Blob { Size = size + sizeof(long), Number = long.MaxValue });
        long received = 0;
        while (goOn() && await call.ResponseStream.MoveNextAsync())
        {
            received++;
        }

        return received;
    }

    private async Task BytesAsync(string shape, int size, Func<int, Func<bool>, Task<long>> run)
    {
        (long count, TimeSpan took, double serverCpu, double clientCpu) = await MeasureAsync(size, run);
        double gigabytes = count * (double)size / 1e9;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {shape} | {size / 1024} KiB | {client} | {gigabytes * 1e3 / took.TotalSeconds:F0} MB/s | {serverCpu / gigabytes:F2} | {clientCpu / gigabytes:F2} |"));
    }

    private async Task CallsAsync(string shape, int size, Func<int, Func<bool>, Task<long>> run)
    {
        (long count, TimeSpan took, double serverCpu, double clientCpu) = await MeasureAsync(size, run);
        double millions = count / 1e6;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {shape} | {size} B | {client} | {count / took.TotalSeconds:F0}/s | {serverCpu / millions:F2} | {clientCpu / millions:F2} |"));
    }

    private async Task<(long Count, TimeSpan Took, double Server, double Client)> MeasureAsync(
        int size, Func<int, Func<bool>, Task<long>> run)
    {
        await run(size, Until(1));
        double serverBefore = await ServerCpuAsync();
        TimeSpan clientBefore = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        long count = await run(size, Until(seconds));
        watch.Stop();
        TimeSpan clientAfter = Environment.CpuUsage.TotalTime;
        double serverAfter = await ServerCpuAsync();
        return (count, watch.Elapsed, serverAfter - serverBefore, (clientAfter - clientBefore).TotalSeconds);
    }

    private async Task<double> ServerCpuAsync()
    {
        Blob answer = await invoker.AsyncUnaryCall(BlobService.Cpu, null, default, new Blob());
        return TimeSpan.FromTicks(answer.Number).TotalSeconds;
    }

    private static Func<bool> Until(double seconds)
    {
        var watch = Stopwatch.StartNew();
        return () => watch.Elapsed.TotalSeconds < seconds;
    }

    /// <summary>The assembly when this program runs under the <c>dotnet</c> host.</summary>
    private static string[] SelfArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(RpcThroughput).Assembly.Location] : [];
}
