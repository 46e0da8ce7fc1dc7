using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Exchanges;

/// <summary>A request that a handler answers in one go.</summary>
internal sealed class ApiExchange<TRequest, TResponse>(ApiHandler<TRequest, TResponse> handler) : Exchange
    where TRequest : class, IKafkaMessage, new()
    where TResponse : class, IKafkaMessage, new()
{
    private readonly TRequest _request = new();
    private readonly TResponse _response = new();

    public override IKafkaMessage Response => _response;

    public override void Read(ref KafkaReader reader)
    {
        _request.Read(ref reader, Header.ApiVersion);
        reader.CheckEnd(Api.Info.Name);
    }

    public override long EstimateAnswer(RequestScope scope) => handler.EstimateAnswer(_request, scope);

    public override async ValueTask RunAsync(RequestScope scope)
    {
        await handler.AnswerAsync(_request, _response, scope).ConfigureAwait(false);
        Answer();
    }

    public override void Release()
    {
        _request.Reset();
        _response.Reset();
    }
}
