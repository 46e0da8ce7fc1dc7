using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Controller;

/// <summary>The controller of a node of its own.</summary>
internal sealed class LocalController(ControllerLoop loop, ControllerDesk desk, ControllerOptions options) : IBrokerController
{
    // Nobody else registers or beats here: the sessions stay empty.
    private readonly BrokerSessions _sessions = new(MetadataImage.Empty, options.BrokerSessionMs, 0);

    public MetadataImage Image => loop.Image;

    public Task<T> AskAsync<T>(ControllerRequest request) => loop.SubmitAsync(image =>
    {
        OperationDecision decision = desk.Open(request).Decide(new ControllerView(image, _sessions, NowMs: 0));
        return new Decision<T>(decision.Records, (T)decision.Response(image)!);
    });
}
