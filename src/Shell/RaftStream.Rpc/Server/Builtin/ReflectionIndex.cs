using Google.Protobuf.Reflection;

namespace RaftStream.Rpc.Server.Builtin;

/// <summary>Finds contract files by their name and by the names of what they define.</summary>
internal sealed class ReflectionIndex
{
    private readonly Dictionary<string, FileDescriptor> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _bySymbol = new(StringComparer.Ordinal);

    public ReflectionIndex(IEnumerable<ServiceDescriptor> services)
    {
        Services = [.. services.Select(service => service.FullName).Order(StringComparer.Ordinal)];
        foreach (ServiceDescriptor service in services)
        {
            AddFile(service.File);
        }
    }

    /// <summary>Full names, sorted.</summary>
    public IReadOnlyList<string> Services { get; }

    /// <summary>The file of this name, null when it is not known.</summary>
    public FileDescriptor? FindFile(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The file that defines a service, method, message or enum, null when none does.</summary>
    public FileDescriptor? FindSymbol(string fullName) => _bySymbol.GetValueOrDefault(fullName);

    /// <summary>A file and all that it imports, imported ones first, each once.</summary>
    public static IReadOnlyList<FileDescriptor> WithImports(FileDescriptor file)
    {
        var files = new List<FileDescriptor>();
        Visit(file);
        return files;

        void Visit(FileDescriptor visited)
        {
            if (files.Contains(visited))
            {
                return;
            }

            foreach (FileDescriptor import in visited.Dependencies)
            {
                Visit(import);
            }

            files.Add(visited);
        }
    }

    private void AddFile(FileDescriptor file)
    {
        foreach (FileDescriptor known in WithImports(file))
        {
            if (_byName.TryAdd(known.Name, known))
            {
                AddSymbols(known);
            }
        }
    }

    private void AddSymbols(FileDescriptor file)
    {
        foreach (ServiceDescriptor service in file.Services)
        {
            _bySymbol[service.FullName] = file;
            foreach (MethodDescriptor method in service.Methods)
            {
                _bySymbol[method.FullName] = file;
            }
        }

        foreach (EnumDescriptor enumeration in file.EnumTypes)
        {
            _bySymbol[enumeration.FullName] = file;
        }

        foreach (MessageDescriptor message in file.MessageTypes)
        {
            AddMessage(message, file);
        }
    }

    private void AddMessage(MessageDescriptor message, FileDescriptor file)
    {
        _bySymbol[message.FullName] = file;
        foreach (EnumDescriptor enumeration in message.EnumTypes)
        {
            _bySymbol[enumeration.FullName] = file;
        }

        foreach (MessageDescriptor nested in message.NestedTypes)
        {
            AddMessage(nested, file);
        }
    }
}
