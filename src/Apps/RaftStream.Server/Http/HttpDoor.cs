using Microsoft.AspNetCore.Http;
using RaftStream.Server.Metrics;

namespace RaftStream.Server.Http;

/// <summary>Answers the HTTP port: is the process alive, does it take requests, what has it measured.</summary>
/// <param name="notReadyReason">Why requests are not taken, for people; null when they are.</param>
internal sealed class HttpDoor(Func<string?> notReadyReason, MetricsCollector metrics)
{
    private const string PlainText = "text/plain; charset=utf-8";

    /// <summary>Answers one request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "Only GET and HEAD are answered here.\n");
        }

        return context.Request.Path.Value switch
        {
            "/healthz" => AnswerAsync(context, StatusCodes.Status200OK, "ok\n"),
            "/readyz" => notReadyReason() is { } reason
                ? AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, $"{reason}\n")
                : AnswerAsync(context, StatusCodes.Status200OK, "ready\n"),
            "/metrics" => AnswerAsync(context, StatusCodes.Status200OK, metrics.RenderPrometheusText(), PrometheusText.ContentType),
            _ => AnswerAsync(context, StatusCodes.Status404NotFound, "There is /healthz, /readyz and /metrics here.\n"),
        };
    }

    private static Task AnswerAsync(HttpContext context, int status, string text, string contentType = PlainText)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync(text, context.RequestAborted);
    }
}
