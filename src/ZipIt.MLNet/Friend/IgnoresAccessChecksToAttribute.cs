namespace System.Runtime.CompilerServices;

/// <summary>
/// Lets this assembly use the non-public members of another one. The runtime knows the attribute by its name; the library does not declare it.
/// </summary>
/// <param name="assemblyName">Simple name of the other assembly.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
