using Google.Protobuf.Reflection;
using Grpc.Core;
using RaftStream.Rpc.Server.Builtin;
using RaftStream.Rpc.Server.Builtin.ReflectionV1;
using RaftStream.Rpc.Tests.Probes;

namespace RaftStream.Rpc.Tests;

public sealed class ReflectionTests
{
    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task Services_are_listed_under_both_names_of_reflection(string version)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        ServerReflectionResponse response = await AskAsync(probe, new ServerReflectionRequest { ListServices = "*" }, version);

        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "raftstream.test.v1.Probe"],
            response.ListServicesResponse.Service.Select(service => service.Name));
    }

    [Theory]
    [InlineData("raftstream.test.v1.Probe")]
    [InlineData("raftstream.test.v1.Probe.Echo")]
    [InlineData("raftstream.test.v1.Ping")]
    public async Task File_is_found_by_what_it_defines(string symbol)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        ServerReflectionResponse response = await AskAsync(probe, new ServerReflectionRequest { FileContainingSymbol = symbol });

        FileDescriptorProto file = FileDescriptorProto.Parser.ParseFrom(Assert.Single(response.FileDescriptorResponse.FileDescriptorProto));
        Assert.Equal("probe.proto", file.Name);
        Assert.Equal(symbol, response.OriginalRequest.FileContainingSymbol);
    }

    [Fact]
    public async Task Nested_enum_is_found_by_its_name()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        ServerReflectionResponse response = await AskAsync(
            probe, new ServerReflectionRequest { FileContainingSymbol = "grpc.health.v1.HealthCheckResponse.ServingStatus" });

        Assert.Single(response.FileDescriptorResponse.FileDescriptorProto);
    }

    [Fact]
    public async Task File_is_found_by_its_name()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        ServerReflectionResponse response = await AskAsync(probe, new ServerReflectionRequest { FileByFilename = "probe.proto" });

        Assert.Single(response.FileDescriptorResponse.FileDescriptorProto);
    }

    [Fact]
    public async Task Unknown_things_are_not_found_and_the_stream_goes_on()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        ServerReflectionRequest[] requests =
        [
            new() { FileByFilename = "missing.proto" },
            new() { FileContainingSymbol = "no.Such" },
            new() { AllExtensionNumbersOfType = "no.Such" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = "no.Such" } },
        ];
        using var call = new ServerReflection.ServerReflectionClient(probe.Channel).ServerReflectionInfo();

        foreach (ServerReflectionRequest request in requests)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal((int)StatusCode.NotFound, call.ResponseStream.Current.ErrorResponse.ErrorCode);
        }
    }

    [Fact]
    public void File_comes_with_all_that_it_imports()
    {
        IReadOnlyList<FileDescriptor> files = ReflectionIndex.WithImports(ReflectionReflection.Descriptor);

        Assert.Equal([ReflectionReflection.Descriptor], files);
    }

    private static async Task<ServerReflectionResponse> AskAsync(ProbeServer probe, ServerReflectionRequest request, string version = "v1")
    {
        using AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call = version == "v1"
            ? new ServerReflection.ServerReflectionClient(probe.Channel).ServerReflectionInfo()
            : probe.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(ReflectionService.AlphaMethod, null, default);
        await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext());
        ServerReflectionResponse response = call.ResponseStream.Current;
        Assert.False(await call.ResponseStream.MoveNext());
        return response;
    }
}
