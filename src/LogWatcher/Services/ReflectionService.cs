using Google.Protobuf;
using Google.Protobuf.Reflection;
using LogWatcher.Protos.Reflection.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>
/// <c>grpc.reflection.v1.ServerReflection</c> (grpc/grpc <c>doc/server-reflection.md</c>): what the node serves, for clients
/// that have no .proto files. Whatever can't be answered is said in the stream, which goes on.
/// </summary>
/// <param name="methods">Whose services and files are told.</param>
internal sealed class ReflectionService(MethodTable methods)
{
    // Made at the first question, when all services are registered.
    private readonly Lazy<FileIndex> _files = new(() => new FileIndex(methods.Files));

    public async IAsyncEnumerable<ServerReflectionResponse> ServerReflectionInfo(
        IAsyncEnumerable<ServerReflectionRequest> requests, CallContext context)
    {
        await foreach (var request in requests)
        {
            yield return Answer(request);
        }
    }

    /// <summary>Answers one question, of either version of the service.</summary>
    public ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        try
        {
            Answer(request, response);
        }
        catch (RpcException exception)
        {
            response.ErrorResponse = new ErrorResponse { ErrorCode = (int)exception.Status.Code, ErrorMessage = exception.Message };
        }

        return response;
    }

    private void Answer(ServerReflectionRequest request, ServerReflectionResponse response)
    {
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                response.FileDescriptorResponse = WithImports(_files.Value.FileNamed(request.FileByFilename));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                response.FileDescriptorResponse = WithImports(_files.Value.FileOf(request.FileContainingSymbol));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                var asked = request.FileContainingExtension;
                response.FileDescriptorResponse = WithImports(_files.Value.FileOfExtension(asked.ContainingType, asked.ExtensionNumber));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                var type = request.AllExtensionNumbersOfType;
                response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = type };
                response.AllExtensionNumbersResponse.ExtensionNumber.Add(_files.Value.ExtensionsOf(type));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse();
                response.ListServicesResponse.Service.Add(methods.Services.Select(name => new ServiceResponse { Name = name }));
                break;
            default:
                throw new RpcException(StatusCode.InvalidArgument, "expected one of the fields of message_request, got none");
        }
    }

    private static FileDescriptorResponse WithImports(FileDescriptor file)
    {
        var response = new FileDescriptorResponse();
        response.FileDescriptorProto.Add(FileIndex.WithImports(file).Select(each => each.SerializedData));
        return response;
    }
}

/// <summary>
/// <c>grpc.reflection.v1alpha.ServerReflection</c>, which older clients ask: the same on the wire, in another package.
/// </summary>
internal sealed class ReflectionV1AlphaService(ReflectionService service)
{
    public async IAsyncEnumerable<Protos.Reflection.V1Alpha.ServerReflectionResponse> ServerReflectionInfo(
        IAsyncEnumerable<Protos.Reflection.V1Alpha.ServerReflectionRequest> requests, CallContext context)
    {
        await foreach (var request in requests)
        {
            var answer = service.Answer(ServerReflectionRequest.Parser.ParseFrom(request.ToByteString()));
            yield return Protos.Reflection.V1Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString());
        }
    }
}
