using Grpc.Core;
using RaftStream.Rpc.Server.Builtin.HealthV1;
using RaftStream.Rpc.Tests.Probes;
using ServingStatus = RaftStream.Rpc.Server.Builtin.HealthV1.HealthCheckResponse.Types.ServingStatus;

namespace RaftStream.Rpc.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Server_does_not_serve_until_the_application_says_so()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        var client = new Health.HealthClient(probe.Channel);

        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest())).Status);
        probe.Server.Health.SetServing("", true);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task Service_that_nobody_spoke_of_is_not_found()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        var client = new Health.HealthClient(probe.Channel);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await client.CheckAsync(new HealthCheckRequest { Service = "a.b.C" }));

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task Watcher_hears_each_change_and_the_end()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using var call = new Health.HealthClient(probe.Channel).Watch(new HealthCheckRequest { Service = "a.b.C" });

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync());
        probe.Server.Health.SetServing("a.b.C", true);
        Assert.Equal(ServingStatus.Serving, await NextAsync());
        probe.Server.Health.SetServing("other", true);
        probe.Server.Health.SetServing("a.b.C", false);
        Assert.Equal(ServingStatus.NotServing, await NextAsync());
        probe.Server.Health.SetServing("a.b.C", true);
        Assert.Equal(ServingStatus.Serving, await NextAsync());
        Task stopping = probe.Server.StopAsync(CancellationToken.None);
        Assert.Equal(ServingStatus.NotServing, await NextAsync());
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        await Eventually.EndsAsync(stopping, "the server to stop although somebody watched");

        async Task<ServingStatus> NextAsync()
        {
            Assert.True(await Eventually.EndsAsync(call.ResponseStream.MoveNext(), "a change of health"));
            return call.ResponseStream.Current.Status;
        }
    }
}
