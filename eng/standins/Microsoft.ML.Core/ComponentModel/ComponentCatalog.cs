using System.Reflection;

namespace Microsoft.ML.Runtime;

/// <summary>The components that model files may name, found through the attributes of registered assemblies.</summary>
public sealed class ComponentCatalog
{
    private const BindingFlags AnyAccess = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Lock _lock = new();
    private readonly HashSet<Assembly> _assemblies = [];
    private readonly Dictionary<(string Name, Type Signature), Factory> _factories = [];

    internal ComponentCatalog()
    {
    }

    /// <summary>Registers the loadable classes of an assembly. Doing so again is harmless.</summary>
    public void RegisterAssembly(Assembly assembly, bool throwOnError = true)
    {
        Contracts.CheckValue(assembly, nameof(assembly));
        lock (_lock)
        {
            if (!_assemblies.Add(assembly))
                return;
            foreach (LoadableClassAttributeBase loadable in assembly.GetCustomAttributes<LoadableClassAttributeBase>())
                Register(loadable, throwOnError);
        }
    }

    [BestFriend]
    internal static bool TryCreateInstance<TRes, TSig>(IHostEnvironment env, out TRes result, string name, string options, params object[] extra)
        where TRes : class
    {
        Contracts.CheckValue(env, nameof(env));
        Factory factory = env.ComponentCatalog.Find(name, typeof(TSig));
        if (factory == null || !typeof(TRes).IsAssignableFrom(factory.InstanceType))
        {
            result = null;
            return false;
        }
        result = (TRes)factory.Create(env, extra);
        return true;
    }

    private static string Normalize(string name) => name.Replace(" ", "").ToLowerInvariant();

    private Factory Find(string name, Type signature)
    {
        lock (_lock)
            return _factories.GetValueOrDefault((Normalize(name), signature));
    }

    private void Register(LoadableClassAttributeBase loadable, bool throwOnError)
    {
        if (!TryMakeFactory(loadable, out Factory factory, out string fault))
        {
            Contracts.Check(!throwOnError, $"The loadable class '{loadable.LoaderType}' cannot be used: {fault}.");
            return;
        }
        IEnumerable<string> names = loadable.LoadNames.Append(loadable.UserName).Where(name => !string.IsNullOrWhiteSpace(name)).Select(Normalize);
        foreach (string name in names.Distinct())
        {
            foreach (Type signature in loadable.SigTypes)
            {
                bool added = _factories.TryAdd((name, signature), factory);
                Contracts.Check(
                    added || !throwOnError,
                    $"The name '{name}' for '{signature.Name}' belongs to '{_factories[(name, signature)].InstanceType}' and cannot also mean '{loadable.InstanceType}'.");
            }
        }
    }

    private static bool TryMakeFactory(LoadableClassAttributeBase loadable, out Factory factory, out string fault)
    {
        factory = null;
        fault = null;
        Type[] plain = loadable.CtorTypes;
        Type[] withEnvironment = [typeof(IHostEnvironment), .. plain];

        bool IsFactory(MethodInfo method) => method != null && loadable.InstanceType == method.ReturnType;
        MethodInfo FindCreate(Type[] types) => loadable.LoaderType.GetMethod("Create", AnyAccess | BindingFlags.Static, types) is { } method && IsFactory(method) ? method : null;
        ConstructorInfo FindConstructor(Type[] types) =>
            loadable.InstanceType == loadable.LoaderType ? loadable.LoaderType.GetConstructor(AnyAccess | BindingFlags.Instance, types) : null;

        MethodBase create = FindCreate(withEnvironment) ?? FindCreate(plain);
        MethodBase constructor = FindConstructor(withEnvironment) ?? FindConstructor(plain);
        if (create == null && constructor == null)
        {
            fault = $"it has neither a constructor nor a static method Create with the parameters ({string.Join(", ", withEnvironment.Select(type => type.Name))})";
            return false;
        }
        if (create != null && constructor != null && create.IsPublic == constructor.IsPublic)
        {
            fault = "it has a constructor and a static method Create that are equally accessible";
            return false;
        }
        MethodBase chosen = create == null || (constructor != null && constructor.IsPublic) ? constructor : create;
        factory = new Factory(loadable.InstanceType, chosen, chosen.GetParameters().Length > plain.Length);
        return true;
    }

    /// <summary>One way to make a component.</summary>
    private sealed record Factory(Type InstanceType, MethodBase Method, bool TakesEnvironment)
    {
        public object Create(IHostEnvironment env, object[] extra)
        {
            object[] arguments = TakesEnvironment ? [env, .. extra] : extra;
            try
            {
                return Method is ConstructorInfo constructor ? constructor.Invoke(arguments) : Method.Invoke(null, arguments);
            }
            catch (TargetInvocationException e) when (e.InnerException?.IsMarked() == true)
            {
                throw Contracts.Except(e, "Error during class instantiation");
            }
        }
    }
}
