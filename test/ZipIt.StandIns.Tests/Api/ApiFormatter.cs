using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZipIt.StandIns.Tests.Api;

/// <summary>Writes types and members as the listing of ML.NET's API does: one line each, simple names, exact parameter names and defaults.</summary>
internal sealed class ApiFormatter(bool friends)
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // What the compiler adds, and a marker that means something to ML.NET's own analyzer only.
    private static readonly HashSet<string> IgnoredAttributes =
    [
        nameof(CompilerGeneratedAttribute), nameof(ExtensionAttribute), nameof(DefaultMemberAttribute), nameof(IsReadOnlyAttribute),
        nameof(IsByRefLikeAttribute), nameof(ParamArrayAttribute), nameof(OptionalAttribute), nameof(StructLayoutAttribute), nameof(TupleElementNamesAttribute),
        nameof(AsyncStateMachineAttribute), nameof(IteratorStateMachineAttribute), "NullableAttribute", "NullableContextAttribute", "ObsoleteAttribute",
        "CompilerFeatureRequiredAttribute", "BestFriendAttribute", "RequiresLocationAttribute", "InAttribute", "IsUnmanagedAttribute",
    ];

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(sbyte)] = "sbyte", [typeof(byte)] = "byte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>Whether the type is part of the surface that is written.</summary>
    public bool IsVisible(Type type)
    {
        if (type.IsDefined(typeof(CompilerGeneratedAttribute)) || type.Name.Contains('<'))
            return false;
        if (type.IsNested && !IsVisible(type.DeclaringType!))
            return false;
        return type.IsNested ? IsVisible(type.Attributes & TypeAttributes.VisibilityMask) : type.IsPublic || friends;
    }

    /// <summary>The name by which listings call a type within its namespace.</summary>
    public static string NameOf(Type type) => TypeName(type, null);

    /// <summary>The declaration of a type without its bases, and the bases.</summary>
    public (string Declaration, string[] Bases) Declare(Type type)
    {
        string attributes = Attributes(type.GetCustomAttributesData(), "\n");
        string access = Access(type);
        if (type.IsSubclassOf(typeof(MulticastDelegate)))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return ($"{attributes}{access} delegate {ReturnType(invoke)} {NameOf(type)}({Parameters(invoke)}){Constraints(type.GetGenericArguments())};", []);
        }
        string kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true } => $"{(type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")}{(type.IsByRefLike ? "ref " : "")}struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var bases = new List<string>();
        if (type.IsEnum)
        {
            if (Enum.GetUnderlyingType(type) != typeof(int))
                bases.Add(TypeName(Enum.GetUnderlyingType(type), null));
        }
        else
        {
            if (type is { IsInterface: false, IsValueType: false, BaseType: { } baseType } && baseType != typeof(object))
                bases.Add(TypeName(baseType, null));
            bases.AddRange(type.GetInterfaces().Select(contract => TypeName(contract, null)));
        }
        return ($"{attributes}{access} {kind} {DeclaredName(type)}{Constraints(type.GetGenericArguments())}", [.. bases]);
    }

    /// <summary>The visible members that a type declares.</summary>
    public IEnumerable<string> Members(Type type)
    {
        if (type.IsSubclassOf(typeof(MulticastDelegate)))
            yield break;
        if (type.IsEnum)
        {
            foreach (string name in Enum.GetNames(type))
                yield return $"{name} = {Convert.ToString(Convert.ChangeType(Enum.Parse(type, name), Enum.GetUnderlyingType(type)), CultureInfo.InvariantCulture)},";
            yield break;
        }
        foreach (ConstructorInfo constructor in type.GetConstructors(Declared))
        {
            if (!constructor.IsStatic && IsVisible(constructor.Attributes))
                yield return $"{Attributes(constructor.GetCustomAttributesData(), " ")}{Access(constructor.Attributes)} {SimpleName(type)}({Parameters(constructor)});";
        }
        foreach (MethodInfo method in type.GetMethods(Declared))
        {
            if (!method.IsSpecialName && IsVisible(method.Attributes) && !method.Name.Contains('<') && !method.Name.Contains('.'))
                yield return $"{Attributes(method.GetCustomAttributesData(), " ")}{Modifiers(type, method)}{ReturnType(method)} {method.Name}{GenericArguments(method)}({Parameters(method)}){Constraints(method.GetGenericArguments())};";
        }
        foreach (PropertyInfo property in type.GetProperties(Declared))
        {
            MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(accessor => IsVisible(accessor.Attributes))];
            if (accessors.Length == 0 || property.Name.Contains('.'))
                continue;
            string name = property.GetIndexParameters().Length > 0 ? $"this[{Parameters(accessors[0], property.GetIndexParameters())}]" : property.Name;
            string get = accessors.Contains(property.GetMethod) ? "get; " : "";
            string set = accessors.Contains(property.SetMethod) ? "set; " : "";
            string propertyType = TypeName(property.PropertyType, NamesOf(property.GetCustomAttributesData()));
            yield return $"{Attributes(property.GetCustomAttributesData(), " ")}{Modifiers(type, accessors[0])}{propertyType} {name} {{ {get}{set}}}";
        }
        foreach (EventInfo happening in type.GetEvents(Declared))
        {
            if (IsVisible(happening.AddMethod!.Attributes) && !happening.Name.Contains('.'))
                yield return $"{Modifiers(type, happening.AddMethod)}event {TypeName(happening.EventHandlerType!, null)} {happening.Name};";
        }
        foreach (FieldInfo field in type.GetFields(Declared))
        {
            if (!IsVisible(field.Attributes) || field.Name.Contains('<'))
                continue;
            string modifier = field.IsLiteral ? "const " : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}";
            string value = field.IsLiteral ? $" = {Value(field.FieldType, field.GetRawConstantValue())}" : "";
            string fieldType = TypeName(field.FieldType, NamesOf(field.GetCustomAttributesData()));
            yield return $"{Attributes(field.GetCustomAttributesData(), " ")}{Access(field.Attributes)} {modifier}{fieldType} {field.Name}{value};";
        }
    }

    private static string SimpleName(Type type) => type.Name.Split('`')[0];

    private static string DeclaredName(Type type)
    {
        if (!type.IsInterface || !type.IsGenericType)
            return NameOf(type);
        IEnumerable<string> arguments = type.GetGenericArguments().Select(argument =>
            argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.Covariant) ? $"out {argument.Name}"
            : argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.Contravariant) ? $"in {argument.Name}"
            : argument.Name);
        return $"{SimpleName(type)}<{string.Join(", ", arguments)}>";
    }

    private static string TypeName(Type type, Queue<string?>? tupleNames)
    {
        if (type.IsByRef)
            return TypeName(type.GetElementType()!, tupleNames);
        if (type.IsArray)
            return $"{TypeName(type.GetElementType()!, tupleNames)}[]";
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{TypeName(underlying, tupleNames)}?";
        Type[] arguments = type.GetGenericArguments();
        if (type.IsGenericType && type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
        {
            string?[] names = [.. arguments.Select(_ => tupleNames is { Count: > 0 } ? tupleNames.Dequeue() : null)];
            return $"({string.Join(", ", arguments.Select((argument, i) => names[i] == null ? TypeName(argument, tupleNames) : $"{TypeName(argument, tupleNames)} {names[i]}"))})";
        }

        // A nested type carries the arguments of the types around it.
        var parts = new Stack<string>();
        int end = arguments.Length;
        for (Type? current = type; current != null; current = current.DeclaringType)
        {
            int start = current.DeclaringType?.GetGenericArguments().Length ?? 0;
            IEnumerable<string> own = arguments[start..end].Select(argument => TypeName(argument, tupleNames));
            parts.Push(end > start ? $"{SimpleName(current)}<{string.Join(", ", own)}>" : SimpleName(current));
            end = start;
        }
        return string.Join(".", parts);
    }

    private static Queue<string?>? NamesOf(IEnumerable<CustomAttributeData> attributes)
    {
        CustomAttributeData? names = attributes.FirstOrDefault(attribute => attribute.AttributeType == typeof(TupleElementNamesAttribute));
        return names == null
            ? null
            : new Queue<string?>(((IEnumerable<CustomAttributeTypedArgument>)names.ConstructorArguments[0].Value!).Select(name => (string?)name.Value));
    }

    private static string ReturnType(MethodInfo method) => TypeName(method.ReturnType, NamesOf(method.ReturnParameter.GetCustomAttributesData()));

    private static string GenericArguments(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private static string Parameters(MethodBase method) => Parameters(method, method.GetParameters());

    private static string Parameters(MethodBase method, ParameterInfo[] parameters) => string.Join(", ", parameters.Select((parameter, i) =>
    {
        string modifier = i == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this "
            : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params "
            : parameter.IsOut ? "out "
            : !parameter.ParameterType.IsByRef ? ""
            : parameter.IsIn ? "in "
            : "ref ";
        string value = parameter.HasDefaultValue ? $" = {Value(parameter.ParameterType, parameter.RawDefaultValue)}" : "";
        return $"{modifier}{TypeName(parameter.ParameterType, NamesOf(parameter.GetCustomAttributesData()))} {parameter.Name}{value}";
    }));

    private static string Value(Type type, object? value)
    {
        Type underlying = Nullable.GetUnderlyingType(type) ?? type;
        if (underlying.IsEnum && value != null)
        {
            string? name = Enum.GetName(underlying, value);
            return name == null ? $"({NameOf(underlying)}){value}" : $"{NameOf(underlying)}.{name}";
        }
        return value switch
        {
            null => type.IsValueType && Nullable.GetUnderlyingType(type) == null || type.IsGenericParameter ? "default" : "null",
            bool flag => flag ? "true" : "false",
            string text => $"\"{text}\"",
            char character => character == '\t' ? @"'\t'" : $"'{character}'",
            double.NegativeInfinity => "double.NegativeInfinity",
            double.PositiveInfinity => "double.PositiveInfinity",
            float number => $"{number.ToString("R", CultureInfo.InvariantCulture)}f",
            long number => $"{number}{(type == typeof(long) ? "L" : "")}",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static string Constraints(IEnumerable<Type> arguments)
    {
        var clauses = new List<string>();
        foreach (Type argument in arguments.Where(argument => argument.IsGenericParameter))
        {
            GenericParameterAttributes attributes = argument.GenericParameterAttributes;
            var constraints = new List<string>();
            if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
                constraints.Add("class");
            bool isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            if (isStruct)
                constraints.Add("struct");
            constraints.AddRange(argument.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(type => TypeName(type, null)));
            if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
                constraints.Add("new()");
            if (constraints.Count > 0)
                clauses.Add($" where {argument.Name} : {string.Join(", ", constraints)}");
        }
        return string.Concat(clauses);
    }

    private static string Modifiers(Type type, MethodInfo method)
    {
        if (type.IsInterface)
            return "";
        string inheritance = method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => method.GetBaseDefinition() == method ? "abstract " : "abstract override ",
            { IsVirtual: true } when method.GetBaseDefinition() != method => method.IsFinal ? "sealed override " : "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
        return $"{Access(method.Attributes)} {inheritance}";
    }

    private static string Access(Type type) => type.IsNested
        ? Access((MethodAttributes)((type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.NestedPublic => MethodAttributes.Public,
            TypeAttributes.NestedFamily => MethodAttributes.Family,
            TypeAttributes.NestedAssembly => MethodAttributes.Assembly,
            TypeAttributes.NestedFamANDAssem => MethodAttributes.FamANDAssem,
            TypeAttributes.NestedFamORAssem => MethodAttributes.FamORAssem,
            _ => MethodAttributes.Private,
        }))
        : type.IsPublic ? "public" : "internal";

    private static string Access(MethodAttributes attributes) => (attributes & MethodAttributes.MemberAccessMask) switch
    {
        MethodAttributes.Public => "public",
        MethodAttributes.Family => "protected",
        MethodAttributes.FamORAssem => "protected internal",
        MethodAttributes.FamANDAssem => "private protected",
        MethodAttributes.Assembly => "internal",
        _ => "private",
    };

    // Fields and methods number their accessibility alike.
    private static string Access(FieldAttributes attributes) => Access((MethodAttributes)attributes);

    private static string Attributes(IEnumerable<CustomAttributeData> attributes, string separator)
    {
        string[] texts = [.. attributes.Where(attribute => !IgnoredAttributes.Contains(attribute.AttributeType.Name)).Select(Attribute)];
        return texts.Length == 0 ? "" : $"[{string.Join(", ", texts)}]{separator}";
    }

    private static string Attribute(CustomAttributeData attribute)
    {
        string name = attribute.AttributeType.Name[..^"Attribute".Length];
        IEnumerable<string> arguments = attribute.ConstructorArguments.Select(argument => AttributeValue(argument.ArgumentType, argument.Value))
            .Concat(attribute.NamedArguments.Select(argument => $"{argument.MemberName} = {AttributeValue(argument.TypedValue.ArgumentType, argument.TypedValue.Value)}"));
        string list = string.Join(", ", arguments);
        return list.Length == 0 ? name : $"{name}({list})";
    }

    private static string AttributeValue(Type type, object? value) => type.IsEnum
        ? string.Join(" | ", Enum.ToObject(type, value!).ToString()!.Split(", ").Select(name => $"{NameOf(type)}.{name}"))
        : Value(type, value);

    private static bool IsVisible(TypeAttributes visibility, bool friends) => visibility switch
    {
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => true,
        TypeAttributes.NestedAssembly or TypeAttributes.NestedFamANDAssem => friends,
        _ => false,
    };

    private bool IsVisible(TypeAttributes visibility) => IsVisible(visibility, friends);

    private bool IsVisible(MethodAttributes attributes) => (attributes & MethodAttributes.MemberAccessMask) switch
    {
        MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem => true,
        MethodAttributes.Assembly or MethodAttributes.FamANDAssem => friends,
        _ => false,
    };

    private bool IsVisible(FieldAttributes attributes) => IsVisible((MethodAttributes)attributes);
}
