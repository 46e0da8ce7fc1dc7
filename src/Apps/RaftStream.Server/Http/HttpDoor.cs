using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RaftStream.Server.Metrics;

namespace RaftStream.Server.Http;

/// <summary>Answers the HTTP port: is the process alive, does it take requests, what has it measured.</summary>
/// <param name="problems">Why requests are not taken, for people; none when they are.</param>
/// <param name="failure">What failed for good, so that the process is about to end; null when nothing has.</param>
internal sealed class HttpDoor(Func<IReadOnlyList<string>> problems, Func<string?> failure, MetricsCollector metrics)
{
    private const string PlainText = "text/plain; charset=utf-8";
    private const string Json = "application/json";

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
            "/healthz" => failure() is { } reason
                ? AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, $"{reason}\n")
                : AnswerAsync(context, StatusCodes.Status200OK, "ok\n"),
            "/readyz" => AnswerReadyAsync(context, problems()),
            "/metrics" => AnswerAsync(context, StatusCodes.Status200OK, metrics.RenderPrometheusText(), PrometheusText.ContentType),
            _ => AnswerAsync(context, StatusCodes.Status404NotFound, "There is /healthz, /readyz and /metrics here.\n"),
        };
    }

    private static Task AnswerReadyAsync(HttpContext context, IReadOnlyList<string> reasons)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", reasons.Count == 0);
            json.WriteStartArray("reasons");
            foreach (string reason in reasons)
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        int status = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return AnswerAsync(context, status, $"{Encoding.UTF8.GetString(text.WrittenSpan)}\n", Json);
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
