namespace RaftStream.Kafka.Exchanges;

/// <summary>Exchanges of one connection that wait for their next request, by API. Thread-safe.</summary>
internal sealed class IdleExchanges
{
    // What a large request or answer needed is not kept: most connections never need it again.
    private const int MostBytes = 64 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<ServedApi, Stack<Exchange>> _idle = new(ReferenceEqualityComparer.Instance);

    /// <summary>One that is idle, or a new one.</summary>
    public Exchange Take(ServedApi api)
    {
        lock (_gate)
        {
            if (_idle.TryGetValue(api, out Stack<Exchange>? idle) && idle.TryPop(out Exchange? exchange))
            {
                return exchange;
            }
        }

        return api.NewExchange(api);
    }

    /// <summary>Keeps one that is released.</summary>
    public void Return(Exchange exchange)
    {
        bool isOrdinary = exchange.AnswerBytes <= MostBytes && (exchange.LetsNextBegin || exchange.RequestBytes <= MostBytes);
        if (!exchange.IsReusable || !isOrdinary)
        {
            return;
        }

        lock (_gate)
        {
            if (!_idle.TryGetValue(exchange.Api, out Stack<Exchange>? idle))
            {
                _idle.Add(exchange.Api, idle = new Stack<Exchange>());
            }

            idle.Push(exchange);
        }
    }
}
