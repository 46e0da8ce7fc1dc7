using Grpc.Core;
using RaftStream.Rpc.Server.Builtin.HealthV1;
using ServingStatus = RaftStream.Rpc.Server.Builtin.HealthV1.HealthCheckResponse.Types.ServingStatus;

namespace RaftStream.Rpc.Server.Builtin;

/// <summary><c>grpc.health.v1.Health</c> over what the application said in <see cref="RpcHealth"/>.</summary>
internal sealed class HealthService(RpcHealth health) : Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        bool? serving = health.Look(request.Service).Serving;
        return serving is null
            ? throw new RpcException(new Status(StatusCode.NotFound, $"There is no service \"{request.Service}\"."))
            : Task.FromResult(new HealthCheckResponse { Status = ToStatus(serving) });
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ServingStatus? told = null;
        while (true)
        {
            (bool? serving, Task changed) = health.Look(request.Service);
            ServingStatus now = ToStatus(serving);
            if (now != told)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = now }, context.CancellationToken).ConfigureAwait(false);
                told = now;
            }

            if (health.IsClosed)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
            }

            await changed.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        }
    }

    private static ServingStatus ToStatus(bool? serving) => serving switch
    {
        null => ServingStatus.ServiceUnknown,
        true => ServingStatus.Serving,
        false => ServingStatus.NotServing,
    };
}
