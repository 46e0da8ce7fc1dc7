namespace Grpc.Core;

/// <summary>Generated service bases carry it: where the method is that binds them.</summary>
/// <param name="bindType">Type with the static method.</param>
/// <param name="bindMethodName">The method's name.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BindServiceMethodAttribute(Type bindType, string bindMethodName) : Attribute
{
    /// <summary>Type with the static method.</summary>
    public Type BindType { get; } = bindType;

    /// <summary>The method's name.</summary>
    public string BindMethodName { get; } = bindMethodName;
}
