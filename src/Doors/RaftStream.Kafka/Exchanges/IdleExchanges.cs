namespace RaftStream.Kafka.Exchanges;

/// <summary>Exchanges of one connection that wait for their next request, by API. Thread-safe.</summary>
internal sealed class IdleExchanges
{
    // What a large request or answer needed is not kept: most connections never need it again.
    private const int MostBytes = 64 << 10;

    // Of all together: five requests about 200 partitions each under way, as Java's producers have them, allocate nothing.
    private const long MostKeptBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<ServedApi, Stack<Exchange>> _idle = new(ReferenceEqualityComparer.Instance);
    private long _kept;

    /// <summary>One that is idle, or a new one.</summary>
    public Exchange Take(ServedApi api)
    {
        lock (_gate)
        {
            if (_idle.TryGetValue(api, out Stack<Exchange>? idle) && idle.TryPop(out Exchange? exchange))
            {
                _kept -= exchange.KeptBytes;
                return exchange;
            }
        }

        return api.NewExchange(api);
    }

    /// <summary>Keeps one that is released.</summary>
    /// <param name="answerBytes">What its answer was estimated to need.</param>
    public void Return(Exchange exchange, long answerBytes)
    {
        bool isOrdinary = exchange.AnswerBytes <= MostBytes && (exchange.LetsNextBegin || exchange.RequestBytes <= MostBytes);
        if (!exchange.IsReusable || !isOrdinary)
        {
            return;
        }

        exchange.KeptBytes = Math.Max(exchange.KeptBytes, answerBytes);
        lock (_gate)
        {
            if (_kept + exchange.KeptBytes > MostKeptBytes)
            {
                return;
            }

            _kept += exchange.KeptBytes;
            if (!_idle.TryGetValue(exchange.Api, out Stack<Exchange>? idle))
            {
                _idle.Add(exchange.Api, idle = new Stack<Exchange>());
            }

            idle.Push(exchange);
        }
    }
}
