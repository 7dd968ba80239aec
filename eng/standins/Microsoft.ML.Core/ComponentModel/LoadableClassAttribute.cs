using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Tells which class of an assembly can be made by name, for which signatures.</summary>
internal abstract class LoadableClassAttributeBase : Attribute
{
    /// <summary>Describes a loadable class.</summary>
    protected LoadableClassAttributeBase(
        string summary, Type instType, Type loaderType, Type argType, Type[] sigTypes, string userName, params string[] loadNames)
    {
        Contracts.CheckValue(instType, nameof(instType));
        Contracts.CheckNonEmpty(sigTypes, nameof(sigTypes));
        Contracts.Check(sigTypes[0].BaseType == typeof(MulticastDelegate), "A signature is a delegate type.");
        InstanceType = instType;
        LoaderType = loaderType ?? instType;
        ArgType = argType;
        SigTypes = sigTypes;
        Summary = summary;
        UserName = userName;
        LoadNames = loadNames ?? [];
        Type[] signature = [.. sigTypes[0].GetMethod("Invoke").GetParameters().Select(parameter => parameter.ParameterType)];
        CtorTypes = argType == null ? signature : [argType, .. signature];
    }

    /// <summary>The class that is made.</summary>
    public Type InstanceType { get; }

    /// <summary>The class that makes it.</summary>
    public Type LoaderType { get; }

    /// <summary>The type of its options, if it has any.</summary>
    public Type ArgType { get; }

    /// <summary>The signatures.</summary>
    public Type[] SigTypes { get; }

    /// <summary>The parameters of its constructor or Create method, the environment excepted.</summary>
    public Type[] CtorTypes { get; }

    /// <summary>What the component does.</summary>
    public string Summary { get; }

    /// <summary>Its name for people.</summary>
    public string UserName { get; }

    /// <summary>Its names in model files.</summary>
    public string[] LoadNames { get; }

    /// <summary>The file that documents it.</summary>
    public string DocName { get; set; }
}

/// <summary>Tells which class of an assembly can be made by name, for which signatures.</summary>
[BestFriend]
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class LoadableClassAttribute : LoadableClassAttributeBase
{
    /// <summary>Declares a class that makes itself.</summary>
    public LoadableClassAttribute(Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(null, instType, instType, argType, [sigType], userName, loadNames)
    {
    }

    /// <summary>Declares a class that makes itself.</summary>
    public LoadableClassAttribute(Type instType, Type argType, Type[] sigTypes, string userName, params string[] loadNames)
        : base(null, instType, instType, argType, sigTypes, userName, loadNames)
    {
    }

    /// <summary>Declares a class that makes itself.</summary>
    public LoadableClassAttribute(string summary, Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(summary, instType, instType, argType, [sigType], userName, loadNames)
    {
    }

    /// <summary>Declares a class that makes itself.</summary>
    public LoadableClassAttribute(string summary, Type instType, Type argType, Type[] sigTypes, string userName, params string[] loadNames)
        : base(summary, instType, instType, argType, sigTypes, userName, loadNames)
    {
    }

    /// <summary>Declares a class that another one makes.</summary>
    public LoadableClassAttribute(Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(null, instType, loaderType, argType, [sigType], userName, loadNames)
    {
    }

    /// <summary>Declares a class that another one makes.</summary>
    public LoadableClassAttribute(Type instType, Type loaderType, Type argType, Type[] sigTypes, string userName, params string[] loadNames)
        : base(null, instType, loaderType, argType, sigTypes, userName, loadNames)
    {
    }

    /// <summary>Declares a class that another one makes.</summary>
    public LoadableClassAttribute(string summary, Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(summary, instType, loaderType, argType, [sigType], userName, loadNames)
    {
    }

    /// <summary>Declares a class that another one makes.</summary>
    public LoadableClassAttribute(string summary, Type instType, Type loaderType, Type argType, Type[] sigTypes, string userName, params string[] loadNames)
        : base(summary, instType, loaderType, argType, sigTypes, userName, loadNames)
    {
    }
}
