using Google.Protobuf.Reflection;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>The .proto files of a set of services and all that they import: by name, by what they declare, by extension.</summary>
internal sealed class FileIndex
{
    private readonly Dictionary<string, FileDescriptor> _byName = [];
    private readonly Dictionary<string, FileDescriptor> _bySymbol = [];
    private readonly Dictionary<(string Type, int Number), FileDescriptor> _byExtension = [];
    private readonly HashSet<string> _messages = [];

    public FileIndex(IEnumerable<FileDescriptor> files)
    {
        foreach (var file in files.SelectMany(WithImports))
        {
            if (_byName.TryAdd(file.Name, file))
            {
                Add(file);
            }
        }
    }

    /// <summary>A file and all that it imports, at any depth, each once; the file itself first.</summary>
    public static IReadOnlyCollection<FileDescriptor> WithImports(FileDescriptor file)
    {
        var found = new List<FileDescriptor> { file };
        for (var index = 0; index < found.Count; index++)
        {
            found.AddRange(found[index].Dependencies.Where(import => !found.Contains(import)));
        }

        return found;
    }

    /// <exception cref="RpcException">NOT_FOUND: there is no such file.</exception>
    public FileDescriptor FileNamed(string name) => _byName.TryGetValue(name, out var file) ? file : throw NotFound("file");

    /// <exception cref="RpcException">NOT_FOUND: no file declares it.</exception>
    public FileDescriptor FileOf(string symbol) => _bySymbol.TryGetValue(symbol, out var file) ? file : throw NotFound("symbol");

    /// <exception cref="RpcException">NOT_FOUND: no file declares it.</exception>
    public FileDescriptor FileOfExtension(string type, int number) =>
        _byExtension.TryGetValue((type, number), out var file) ? file : throw NotFound("extension");

    /// <exception cref="RpcException">NOT_FOUND: there is no such message.</exception>
    public IEnumerable<int> ExtensionsOf(string type) =>
        _messages.Contains(type)
            ? _byExtension.Keys.Where(extension => extension.Type == type).Select(extension => extension.Number).Order()
            : throw NotFound("message");

    private static RpcException NotFound(string what) => new(StatusCode.NotFound, $"unknown {what}");

    private void Add(FileDescriptor file)
    {
        foreach (var service in file.Services)
        {
            Declare(service);
            foreach (var method in service.Methods)
            {
                Declare(method);
            }
        }

        foreach (var message in file.MessageTypes)
        {
            Add(message);
        }

        foreach (var values in file.EnumTypes)
        {
            Add(values);
        }

        Add(file.Extensions);
    }

    private void Add(MessageDescriptor message)
    {
        Declare(message);
        _messages.Add(message.FullName);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            Declare(field);
        }

        foreach (var oneof in message.Oneofs)
        {
            Declare(oneof);
        }

        foreach (var nested in message.NestedTypes)
        {
            Add(nested);
        }

        foreach (var values in message.EnumTypes)
        {
            Add(values);
        }

        Add(message.Extensions);
    }

    private void Add(EnumDescriptor values)
    {
        Declare(values);
        foreach (var value in values.Values)
        {
            // The names of values stand beside their enum's, not within it.
            Declare(value);
            _bySymbol.TryAdd(values.FullName[..(values.FullName.LastIndexOf('.') + 1)] + value.Name, value.File);
        }
    }

    private void Add(ExtensionCollection? extensions)
    {
        foreach (var extension in extensions?.UnorderedExtensions ?? [])
        {
            Declare(extension);
            _byExtension.TryAdd((extension.ExtendeeType.FullName, extension.FieldNumber), extension.File);
        }
    }

    private void Declare(IDescriptor descriptor) => _bySymbol.TryAdd(descriptor.FullName, descriptor.File);
}
