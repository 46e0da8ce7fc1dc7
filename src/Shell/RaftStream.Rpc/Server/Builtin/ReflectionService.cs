using Google.Protobuf.Reflection;
using Grpc.Core;
using RaftStream.Rpc.Server.Builtin.ReflectionV1;

namespace RaftStream.Rpc.Server.Builtin;

/// <summary><c>grpc.reflection.v1.ServerReflection</c>, and the same under its older name <c>v1alpha</c>.</summary>
internal sealed class ReflectionService(ReflectionIndex index) : ServerReflection.ServerReflectionBase
{
    /// <summary>The older method: another path, the same messages.</summary>
    public static Method<ServerReflectionRequest, ServerReflectionResponse> AlphaMethod { get; } = new(
        MethodType.DuplexStreaming,
        "grpc.reflection.v1alpha.ServerReflection",
        "ServerReflectionInfo",
        ProtobufMarshaller.Create(ServerReflectionRequest.Parser),
        ProtobufMarshaller.Create(ServerReflectionResponse.Parser));

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            ServerReflectionRequest request = requestStream.Current;
            ServerReflectionResponse response = Answer(request);
            response.ValidHost = request.Host;
            response.OriginalRequest = request;
            await responseStream.WriteAsync(response, context.CancellationToken).ConfigureAwait(false);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                var list = new ListServiceResponse();
                list.Service.AddRange(index.Services.Select(name => new ServiceResponse { Name = name }));
                return new ServerReflectionResponse { ListServicesResponse = list };
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                return Files(index.FindFile(request.FileByFilename), $"file {request.FileByFilename}");
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                return Files(index.FindSymbol(request.FileContainingSymbol), $"symbol {request.FileContainingSymbol}");
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                return Error(StatusCode.NotFound, "There are no extensions.");
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                return index.FindSymbol(request.AllExtensionNumbersOfType) is null
                    ? Error(StatusCode.NotFound, $"There is no type {request.AllExtensionNumbersOfType}.")
                    : new ServerReflectionResponse
                    {
                        AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType },
                    };
            default:
                return Error(StatusCode.InvalidArgument, "The request asks for nothing that is known here.");
        }
    }

    private static ServerReflectionResponse Files(FileDescriptor? file, string what)
    {
        if (file is null)
        {
            return Error(StatusCode.NotFound, $"There is no {what}.");
        }

        var files = new FileDescriptorResponse();
        files.FileDescriptorProto.AddRange(ReflectionIndex.WithImports(file).Select(each => each.SerializedData));
        return new ServerReflectionResponse { FileDescriptorResponse = files };
    }

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
