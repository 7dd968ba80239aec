using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace ZipIt.TestFramework;

/// <summary>
/// The public API of an assembly as text: what users can call, and what a change to it would break. What the compiler adds to records is left out.
/// </summary>
public static class PublicApi
{
    private const string UpdateVariable = "ZIPIT_UPDATE_PUBLIC_API";

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(byte)] = "byte",
            [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(float)] = "float", [typeof(double)] = "double",
    };

    private static readonly HashSet<string> RecordMembers =
        ["Equals", "GetHashCode", "ToString", "PrintMembers", "Deconstruct", "<Clone>$", "op_Equality", "op_Inequality", "EqualityContract"];

    /// <summary>
    /// Holds an assembly against the list beside its tests. Where the API changes on purpose, the tests write the list anew if the environment variable
    /// <c>ZIPIT_UPDATE_PUBLIC_API</c> is 1;
    /// the difference is then read like any other.
    /// </summary>
    /// <param name="assembly">The assembly.</param>
    public static void Check(Assembly assembly)
    {
        string path = Path.Combine(TestFiles.Root, "test", $"{assembly.GetName().Name}.Tests", "PublicApi.txt");
        string actual = Describe(assembly);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            File.WriteAllText(path, actual);
        string[] expected = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n') : [], lines = actual.Split('\n');
        string[] added = [.. lines.Except(expected)], removed = [.. expected.Except(lines)];
        Assert.True(
            added.Length + removed.Length == 0,
            $"The public API of {assembly.GetName().Name} has changed. If that is meant, run this test with {UpdateVariable}=1 and commit {path}.\n"
            + string.Join('\n', [.. added.Select(line => $"+ {line}"), .. removed.Select(line => $"- {line}")]));
        AssertNoArrays(assembly);
    }

    /// <summary>All public and protected types and members, sorted by name.</summary>
    public static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in ListTypes(assembly).OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(DescribeType(type)).Append('\n');
            foreach (string member in type.IsEnum ? DescribeValues(type) : DescribeMembers(type).Order(StringComparer.Ordinal))
                text.Append("    ").Append(member).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The public types that have a name in the language: those that the compiler makes of extension blocks have none.</summary>
    private static IEnumerable<Type> ListTypes(Assembly assembly) => assembly.GetExportedTypes().Where(type => !type.FullName!.Contains('<'));

    /// <summary>Whoever is given an array can change what its owner relies on.</summary>
    private static void AssertNoArrays(Assembly assembly)
    {
        string[] arrays = [.. ListTypes(assembly)
            .SelectMany(type => VisibleMembers(type).Where(member => TypeOf(member)?.IsArray == true).Select(member => $"{type.Name}.{member.Name}"))];
        Assert.True(arrays.Length == 0, $"These give arrays away: {string.Join(", ", arrays)}.");
    }

    private static Type? TypeOf(MemberInfo member) => member switch
    {
        PropertyInfo property => property.PropertyType,
        FieldInfo field => field.FieldType,
        MethodInfo method => method.ReturnType,
        _ => null,
    };

    private static string DescribeType(Type type)
    {
        string kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class"
            : "class";
        Type[] parents = [.. (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && !type.IsEnum ? (Type[])[parent] : []),
            .. type.IsEnum ? [] : type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? [])
                .Where(face => face.IsVisible && !face.Name.StartsWith("IEquatable", StringComparison.Ordinal))];
        string inherits = parents.Length == 0 ? "" : $" : {string.Join(", ", parents.Select(NameOf).Order(StringComparer.Ordinal))}";
        return $"{kind} {type.Namespace}.{NameOf(type)}{inherits}";
    }

    private static IEnumerable<string> DescribeValues(Type type) =>
        Enum.GetValuesAsUnderlyingType(type).Cast<object>()
            .Select(value => string.Create(CultureInfo.InvariantCulture, $"{Enum.GetName(type, value)} = {value}"));

    private static IEnumerable<MemberInfo> VisibleMembers(Type type)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        bool isRecord = type.GetMethod("<Clone>$") is not null || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is not null);
        foreach (MemberInfo member in type.GetMembers(Declared))
        {
            bool isVisible = member switch
            {
                MethodBase method => IsVisible(method)
                    && !(method.IsSpecialName && method is MethodInfo && !method.Name.StartsWith("op_", StringComparison.Ordinal)),
                PropertyInfo property => property.GetAccessors(true).Any(IsVisible),
                FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
                _ => false,
            };
            bool isCopy = isRecord && member is ConstructorInfo constructor && constructor.GetParameters() is [{ } only] && only.ParameterType == type;
            if (isVisible && !isCopy && !(isRecord && RecordMembers.Contains(member.Name)) && !(member.Name is "ToString" or "GetHashCode"))
                yield return member;
        }
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static IEnumerable<string> DescribeMembers(Type type)
    {
        var nullability = new NullabilityInfoContext();
        return VisibleMembers(type).Select(member => member switch
        {
            ConstructorInfo constructor => $"{type.Name.Split('`')[0]}({Parameters(constructor)})",
            MethodInfo method => $"{Static(method)}{NameOf(nullability.Create(method.ReturnParameter))} {method.Name}{GenericArguments(method)}({Parameters(method)})",
            PropertyInfo property => $"{Static(property.GetAccessors(true)[0])}{NameOf(nullability.Create(property))} {property.Name}{Index(property)} {{ {Accessors(property)} }}",
            FieldInfo { IsLiteral: true } constant =>
            string.Create(CultureInfo.InvariantCulture, $"const {NameOf(constant.FieldType)} {constant.Name} = {constant.GetRawConstantValue()}"),
            FieldInfo field => $"{(field.IsStatic ? "static " : "")}{NameOf(nullability.Create(field))} {field.Name}",
            _ => member.Name,
        });

        string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        {
            string prefix = parameter.GetCustomAttribute<ParamCollectionAttribute>() is not null
                || parameter.GetCustomAttribute<ParamArrayAttribute>() is not null ? "params "
                : method.IsDefined(typeof(ExtensionAttribute)) && parameter.Position == 0 ? "this "
                : parameter.IsOut ? "out "
                : parameter.ParameterType.IsByRef ? "ref "
                : "";
            string value = !parameter.HasDefaultValue ? "" : string.Create(CultureInfo.InvariantCulture,
                $" = {parameter.RawDefaultValue switch { null => "default", string text => $"\"{text}\"", var other => other }}");
            return $"{prefix}{NameOf(nullability.Create(parameter))} {parameter.Name}{value}";
        }));

        string Index(PropertyInfo property) =>
            property.GetIndexParameters() is { Length: > 0 } indices
                ? $"[{string.Join(", ", indices.Select(index => $"{NameOf(index.ParameterType)} {index.Name}"))}]"
                : "";
    }

    private static string Static(MethodBase method) => method.IsStatic ? "static " : method.IsFamily || method.IsFamilyOrAssembly ? "protected "
        : method is { IsAbstract: true, DeclaringType.IsInterface: false } ? "abstract " : "";

    private static string Accessors(PropertyInfo property)
    {
        string set = property.SetMethod is not { } setter || !IsVisible(setter) ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") ? " init;"
            : " set;";
        return $"get;{set}";
    }

    private static string GenericArguments(MethodInfo method) => method.IsGenericMethod
        ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>"
        : "";

    private static string NameOf(NullabilityInfo info)
    {
        Type type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        if (Nullable.GetUnderlyingType(type) is not null)
            return NameOf(type);
        string mark = !type.IsValueType && info.ReadState == NullabilityState.Nullable ? "?" : "";
        if (info.ElementType is { } element && type.IsArray)
            return $"{NameOf(element)}[]{mark}";
        if (!type.IsGenericType || info.GenericTypeArguments.Length != type.GetGenericArguments().Length)
            return NameOf(type) + mark;
        return $"{Outer(type)}{type.Name.Split('`')[0]}<{string.Join(", ", info.GenericTypeArguments.Select(NameOf))}>{mark}";
    }

    private static string NameOf(Type type)
    {
        if (type.IsByRef)
            return NameOf(type.GetElementType()!);
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{NameOf(underlying)}?";
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword;
        return type.IsGenericType
            ? $"{Outer(type)}{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : Outer(type) + type.Name;
    }

    private static string Outer(Type type) => type is { IsNested: true, IsGenericParameter: false } ? $"{type.DeclaringType!.Name}." : "";
}
