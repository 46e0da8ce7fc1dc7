using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Exchanges;

/// <summary>Serves one API: translates a request, calls the broker, translates the answer. Stateless; called from many connections at once.</summary>
internal abstract class ApiHandler<TRequest, TResponse>
    where TRequest : class, IKafkaMessage
    where TResponse : class, IKafkaMessage
{
    /// <summary>About how much memory the answer will need until it is encoded, bytes. For answers that may be much larger than their requests.</summary>
    public virtual long EstimateAnswer(TRequest request, RequestScope scope) => 0;

    /// <summary>Fills <paramref name="response"/>, which comes with its defaults; both are the handler's until the task completes.</summary>
    /// <remarks>Errors that the API can tell are told; an exception closes the connection.</remarks>
    public abstract ValueTask AnswerAsync(TRequest request, TResponse response, RequestScope scope);
}
