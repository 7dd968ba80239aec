using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// What an assembly uses of ML.NET that is not public: every type and member that its metadata refers to, in signatures, base types, attributes and method
/// bodies, with the types of the assembly that do so.
/// </summary>
internal sealed class FriendReferences
{
    /// <summary>Stand for the type arguments of a reference; only its definition counts.</summary>
    private static readonly Type[] AnyArguments = [.. Enumerable.Repeat(typeof(int), 8)];

    private static readonly Dictionary<ushort, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value);

    private readonly SortedDictionary<string, SortedSet<string>> _users = new(StringComparer.Ordinal);
    private readonly Module _module;
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    private FriendReferences(Assembly assembly, PEReader file)
    {
        (_module, _file, _metadata) = (assembly.ManifestModule, file, file.GetMetadataReader());
    }

    /// <summary>Lists what is used.</summary>
    /// <param name="assembly">The assembly; it can load what it refers to.</param>
    /// <returns>
    /// References in the form of <c>FriendMembers.txt</c>, each with the full names of the types that use it; none of them if only attributes of the assembly
    /// itself do.
    /// </returns>
    public static IReadOnlyDictionary<string, SortedSet<string>> Find(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var references = new FriendReferences(assembly, file);
        foreach (TypeDefinition type in references._metadata.TypeDefinitions.Select(references._metadata.GetTypeDefinition))
            references.ReadType(type);

        var all = new FriendReferences(assembly, file);
        foreach (TypeReferenceHandle type in all._metadata.TypeReferences)
            all.Use(type, "");
        foreach (MemberReferenceHandle member in all._metadata.MemberReferences)
            all.Use(member, "");
        foreach (string name in all._users.Keys)
            references._users.TryAdd(name, []);
        return references._users;
    }

    private void ReadType(TypeDefinition type)
    {
        string user = NameOutermost(type);
        Use(type.BaseType, user);
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
            Use(_metadata.GetInterfaceImplementation(implementation).Interface, user);
        foreach (MethodImplementationHandle implementation in type.GetMethodImplementations())
            Use(_metadata.GetMethodImplementation(implementation).MethodDeclaration, user);
        foreach (EventDefinitionHandle raised in type.GetEvents())
            Use(_metadata.GetEventDefinition(raised).Type, user);
        ReadAttributes(type.GetCustomAttributes(), user);
        ReadConstraints(type.GetGenericParameters(), user);
        foreach (FieldDefinition field in type.GetFields().Select(_metadata.GetFieldDefinition))
        {
            ReadAttributes(field.GetCustomAttributes(), user);
            ReadSignature(field.Signature, user);
        }

        foreach (PropertyDefinition property in type.GetProperties().Select(_metadata.GetPropertyDefinition))
        {
            ReadAttributes(property.GetCustomAttributes(), user);
            ReadSignature(property.Signature, user);
        }

        foreach (MethodDefinition method in type.GetMethods().Select(_metadata.GetMethodDefinition))
            ReadMethod(method, user);
    }

    private void ReadMethod(MethodDefinition method, string user)
    {
        ReadAttributes(method.GetCustomAttributes(), user);
        foreach (ParameterHandle parameter in method.GetParameters())
            ReadAttributes(_metadata.GetParameter(parameter).GetCustomAttributes(), user);
        ReadConstraints(method.GetGenericParameters(), user);
        ReadSignature(method.Signature, user);
        if (method.RelativeVirtualAddress == 0)
            return;
        MethodBodyBlock body = _file.GetMethodBody(method.RelativeVirtualAddress);
        Use(body.LocalSignature, user);
        foreach (ExceptionRegion region in body.ExceptionRegions)
            Use(region.CatchType, user);
        BlobReader code = body.GetILReader();
        while (code.RemainingBytes > 0)
            ReadInstruction(ref code, user);
    }

    private void ReadInstruction(ref BlobReader code, string user)
    {
        ushort value = code.ReadByte();
        if (value == 0xFE)
            value = (ushort)(value << 8 | code.ReadByte());
        switch (OpCodesByValue[value].OperandType)
        {
            case OperandType.InlineNone:
                break;
            case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                code.Offset += 1;
                break;
            case OperandType.InlineVar:
                code.Offset += 2;
                break;
            case OperandType.InlineI8 or OperandType.InlineR:
                code.Offset += 8;
                break;
            case OperandType.InlineSwitch:
                int branches = code.ReadInt32();
                code.Offset += 4 * branches;
                break;
            case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok or OperandType.InlineSig:
                Use(MetadataTokens.EntityHandle(code.ReadInt32()), user);
                break;
            default:
                code.Offset += 4;
                break;
        }
    }

    private void ReadAttributes(CustomAttributeHandleCollection attributes, string user)
    {
        foreach (CustomAttributeHandle attribute in attributes)
            Use(_metadata.GetCustomAttribute(attribute).Constructor, user);
    }

    private void ReadConstraints(GenericParameterHandleCollection parameters, string user)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle constraint in _metadata.GetGenericParameter(parameter).GetConstraints())
                Use(_metadata.GetGenericParameterConstraint(constraint).Type, user);
        }
    }

    /// <summary>Records what a handle refers to, and every type in its signature.</summary>
    /// <returns>The type that it names, of a constructed type the definition; nil if it names none.</returns>
    private EntityHandle Use(EntityHandle handle, string user)
    {
        if (handle.IsNil)
            return default;
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                Record(_module.ResolveType(MetadataTokens.GetToken(handle)), null, user);
                return handle;
            case HandleKind.TypeSpecification:
                BlobReader type = _metadata.GetBlobReader(_metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                return CreateDecoder(user).DecodeType(ref type);
            case HandleKind.StandaloneSignature:
                ReadSignature(_metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).Signature, user);
                return default;
            case HandleKind.MethodSpecification:
                MethodSpecification specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                ReadSignature(specification.Signature, user);
                return Use(specification.Method, user);
            case HandleKind.MemberReference:
                MemberReference reference = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                ReadSignature(reference.Signature, user);
                EntityHandle parent = Use(reference.Parent, user);
                if (parent.Kind == HandleKind.TypeReference && IsOfMLNet(_module.ResolveType(MetadataTokens.GetToken(parent))))
                {
                    MemberInfo member = _module.ResolveMember(MetadataTokens.GetToken(handle), AnyArguments, AnyArguments)!;
                    MemberInfo definition = member.Module.ResolveMember(member.MetadataToken)!;
                    Record(definition.DeclaringType!, definition, user);
                }

                return parent;
            default:
                return default;
        }
    }

    private void ReadSignature(BlobHandle signature, string user)
    {
        BlobReader blob = _metadata.GetBlobReader(signature);
        SignatureDecoder<EntityHandle, object?> decoder = CreateDecoder(user);
        switch (_metadata.GetBlobReader(signature).ReadSignatureHeader().Kind)
        {
            case SignatureKind.Field:
                decoder.DecodeFieldSignature(ref blob);
                break;
            case SignatureKind.LocalVariables:
                decoder.DecodeLocalSignature(ref blob);
                break;
            case SignatureKind.MethodSpecification:
                decoder.DecodeMethodSpecificationSignature(ref blob);
                break;
            default:
                decoder.DecodeMethodSignature(ref blob);
                break;
        }
    }

    private SignatureDecoder<EntityHandle, object?> CreateDecoder(string user) => new(new TypeVisitor(this, user), _metadata, null);

    private void Record(Type type, MemberInfo? member, string user)
    {
        if (!IsOfMLNet(type) || (type.IsVisible && IsOpen(member)))
            return;
        string name = $"{type.Assembly.GetName().Name}: {type.FullName}" + (member is null ? "" : $": {member}");
        if (!_users.TryGetValue(name, out SortedSet<string>? users))
            _users.Add(name, users = new SortedSet<string>(StringComparer.Ordinal));
        users.Add(user);
    }

    private static bool IsOfMLNet(Type type) => type.Assembly.GetName().Name!.StartsWith("Microsoft.ML", StringComparison.Ordinal);

    private static bool IsOpen(MemberInfo? member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        _ => true,
    };

    private string NameOutermost(TypeDefinition type)
    {
        while (type.IsNested)
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }

    /// <summary>Shows every type in a signature to <see cref="Use"/>.</summary>
    private sealed class TypeVisitor(FriendReferences references, string user) : ISignatureTypeProvider<EntityHandle, object?>
    {
        public EntityHandle GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => references.Use(handle, user);

        public EntityHandle GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            references.Use(handle, user);

        public EntityHandle GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => default;

        public EntityHandle GetGenericInstantiation(EntityHandle genericType, ImmutableArray<EntityHandle> typeArguments) => genericType;

        public EntityHandle GetArrayType(EntityHandle elementType, ArrayShape shape) => default;

        public EntityHandle GetSZArrayType(EntityHandle elementType) => default;

        public EntityHandle GetByReferenceType(EntityHandle elementType) => default;

        public EntityHandle GetPointerType(EntityHandle elementType) => default;

        public EntityHandle GetPinnedType(EntityHandle elementType) => default;

        public EntityHandle GetModifiedType(EntityHandle modifier, EntityHandle unmodifiedType, bool isRequired) => default;

        public EntityHandle GetFunctionPointerType(MethodSignature<EntityHandle> signature) => default;

        public EntityHandle GetGenericMethodParameter(object? genericContext, int index) => default;

        public EntityHandle GetGenericTypeParameter(object? genericContext, int index) => default;

        public EntityHandle GetPrimitiveType(PrimitiveTypeCode typeCode) => default;
    }
}
