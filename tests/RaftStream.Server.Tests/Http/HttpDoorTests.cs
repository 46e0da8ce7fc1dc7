using System.Text;
using Microsoft.AspNetCore.Http;
using RaftStream.Server.Http;
using RaftStream.Server.Metrics;

namespace RaftStream.Server.Tests.Http;

/// <summary>What probes and scrapers are told.</summary>
public sealed class HttpDoorTests : IDisposable
{
    private string[] _problems = ["starting"];
    private string? _failure;
    private readonly MetricsCollector _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task The_process_is_alive_before_it_is_ready()
    {
        Assert.Equal((200, "ok\n"), await Get("/healthz"));
        Assert.Equal((503, "{\"ready\":false,\"reasons\":[\"starting\"]}\n"), await Get("/readyz"));
    }

    [Fact]
    public async Task Readiness_says_why_not()
    {
        _problems = [];
        Assert.Equal((200, "{\"ready\":true,\"reasons\":[]}\n"), await Get("/readyz"));

        _problems = ["no leader", "fenced"];
        Assert.Equal((503, "{\"ready\":false,\"reasons\":[\"no leader\",\"fenced\"]}\n"), await Get("/readyz"));
    }

    [Fact]
    public async Task A_process_that_has_failed_is_not_alive()
    {
        _failure = "the disk is gone";

        Assert.Equal((503, "the disk is gone\n"), await Get("/healthz"));
    }

    [Fact]
    public async Task Metrics_are_prometheus_text()
    {
        (int status, string text) = await Get("/metrics");

        Assert.Equal(200, status);
        Assert.Contains("# TYPE dotnet_gc_collections_total counter\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_paths_and_methods_are_told_what_there_is()
    {
        Assert.Equal((404, "There is /healthz, /readyz and /metrics here.\n"), await Get("/"));
        Assert.Equal((405, "Only GET and HEAD are answered here.\n"), await Get("/healthz", "POST"));
        Assert.Equal((200, ""), await Get("/healthz", "HEAD"));
    }

    private async Task<(int Status, string Text)> Get(string path, string method = "GET")
    {
        var context = new DefaultHttpContext { Request = { Method = method, Path = path }, Response = { Body = new MemoryStream() } };

        await new HttpDoor(() => _problems, () => _failure, _metrics).HandleAsync(context);

        return (context.Response.StatusCode, Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }
}
