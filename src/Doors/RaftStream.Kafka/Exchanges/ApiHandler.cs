using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Exchanges;

/// <summary>Serves one API: translates a request, calls the broker, translates the answer. Stateless; called from many connections at once.</summary>
internal abstract class ApiHandler<TRequest, TResponse>
    where TRequest : class, IKafkaMessage
    where TResponse : class, IKafkaMessage
{
    /// <summary>Fills <paramref name="response"/>, which comes with its defaults; both are the handler's until the task completes.</summary>
    /// <remarks>Errors that the API can tell are told; an exception closes the connection.</remarks>
    public abstract ValueTask AnswerAsync(TRequest request, TResponse response, RequestScope scope);
}
