using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(
    typeof(TypeConvertingTransformer), null, typeof(SignatureLoadModel), "Convert Transform", TypeConvertingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Converts columns to other types.</summary>
public sealed class TypeConvertingTransformer : OneToOneTransformerBase
{
    internal const string LoaderSignature = "ConvertTransform";
    internal const string LoaderSignatureOld = "ConvertFunction";

    private readonly TypeConvertingEstimator.ColumnOptions[] _columns;

    internal TypeConvertingTransformer(IHostEnvironment env, params TypeConvertingEstimator.ColumnOptions[] columns)
        : base(
            Contracts.CheckRef(env, nameof(env)).Register(nameof(TypeConvertingTransformer)),
            [.. columns.Select(column => (column.Name, column.InputColumnName))])
    {
        _columns = columns;
    }

    // Format: columns; for each, byte kind.
    private TypeConvertingTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
        _columns = new TypeConvertingEstimator.ColumnOptions[ColumnPairs.Length];
        for (int i = 0; i < _columns.Length; i++)
        {
            ctx.CheckRemaining(sizeof(byte));
            var kind = (DataKind)ctx.Reader.ReadByte();
            Host.CheckDecode(Enum.IsDefined(kind), $"There is no kind {(int)kind} of data that a column can be converted to.");
            _columns[i] = new TypeConvertingEstimator.ColumnOptions(ColumnPairs[i].outputColumnName, kind, ColumnPairs[i].inputColumnName);
        }
    }

    /// <summary>The type that items of type <paramref name="source"/> are converted to: keys stay keys.</summary>
    internal static PrimitiveDataViewType TargetType(DataViewType source, DataKind kind)
    {
        PrimitiveDataViewType target = ValueConversion.TypeOf(kind);
        if (source is not KeyDataViewType key || !KeyDataViewType.IsValidDataType(target.RawType))
            return target;
        ulong largest = Type.GetTypeCode(target.RawType) switch
        {
            TypeCode.Byte => byte.MaxValue,
            TypeCode.UInt16 => ushort.MaxValue,
            TypeCode.UInt32 => uint.MaxValue,
            _ => ulong.MaxValue,
        };
        return new KeyDataViewType(target.RawType, Math.Min(key.Count, largest));
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
        DataViewType type = inputSchema[srcCol].Type;
        PrimitiveDataViewType target = TargetType(type.GetItemType(), _columns[col].OutputKind);
        if (type.GetItemType() is not PrimitiveDataViewType item || ValueConversion.MakeOrNull(item, target) == null)
        {
            throw Host.ExceptParam(
                nameof(inputSchema), $"source column '{_columns[col].InputColumnName}' with item type '{type}' is not compatible with destination type '{target}'");
        }
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        SaveColumns(ctx);
        foreach (TypeConvertingEstimator.ColumnOptions column in _columns)
            ctx.Writer.Write((byte)column.OutputKind);
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static TypeConvertingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        return new TypeConvertingTransformer(env.Register(nameof(TypeConvertingTransformer)), ctx);
    }

    private static VersionInfo GetVersionInfo() =>
        new("CONVERTF", 0x00010004, 0x00010003, 0x00010003, AssemblyNames.Data, LoaderSignature, LoaderSignatureOld);

    private sealed class Mapper(TypeConvertingTransformer parent, DataViewSchema inputSchema)
        : OneToOneMapperBase(parent.Host.Register(nameof(Mapper)), parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => [.. parent._columns.Select((column, i) =>
        {
            DataViewSchema.Column source = InputSchema[ColMapNewToOld[i]];
            PrimitiveDataViewType item = TargetType(source.Type.GetItemType(), column.OutputKind);
            var annotations = new DataViewSchema.Annotations.Builder();
            bool keepsKeys = item.GetKeyCount() > 0 && item.GetKeyCount() == source.Type.GetItemType().GetKeyCount();
            bool keepsNumbers = item is NumberDataViewType && source.Type.GetItemType() is NumberDataViewType;
            annotations.Add(source.Annotations, kind =>
                (kind == AnnotationUtils.Kinds.SlotNames && source.Type.IsKnownSizeVector())
                || (kind == AnnotationUtils.Kinds.KeyValues && keepsKeys)
                || (kind == AnnotationUtils.Kinds.IsNormalized && keepsNumbers));
            DataViewType type = source.Type is VectorDataViewType vector ? new VectorDataViewType(item, vector.Dimensions) : item;
            return new DataViewSchema.DetachedColumn(column.Name, type, annotations.ToAnnotations());
        })];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            DataViewSchema.Column source = InputSchema[ColMapNewToOld[iinfo]];
            var item = (PrimitiveDataViewType)source.Type.GetItemType();
            PrimitiveDataViewType target = TargetType(item, parent._columns[iinfo].OutputKind);
            return (Delegate)Generic.Method(typeof(Mapper), nameof(MakeTypedGetter), item.RawType, target.RawType)
                .Invoke(null, input, source, ValueConversion.MakeOrNull(item, target));
        }

        private static Delegate MakeTypedGetter<TSource, TTarget>(DataViewRow input, DataViewSchema.Column source, Func<TSource, TTarget> convert)
        {
            if (source.Type is not VectorDataViewType)
            {
                ValueGetter<TSource> getItem = input.GetGetter<TSource>(source);
                TSource item = default;
                return (ValueGetter<TTarget>)((ref TTarget value) =>
                {
                    getItem(ref item);
                    value = convert(item);
                });
            }
            ValueGetter<VBuffer<TSource>> getItems = input.GetGetter<VBuffer<TSource>>(source);
            VBuffer<TSource> items = default;
            return (ValueGetter<VBuffer<TTarget>>)((ref VBuffer<TTarget> value) =>
            {
                getItems(ref items);
                VBufferEditor<TTarget> editor = VBufferEditor.Create(ref value, items.Length);
                foreach (KeyValuePair<int, TSource> pair in items.Items(all: true))
                    editor.Values[pair.Key] = convert(pair.Value);
                value = editor.Commit();
            });
        }
    }
}

/// <summary>Converts columns to other types.</summary>
public sealed class TypeConvertingEstimator : TrivialEstimator<TypeConvertingTransformer>
{
    internal TypeConvertingEstimator(IHostEnvironment env, params ColumnOptions[] columns)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(TypeConvertingEstimator)), new TypeConvertingTransformer(env, columns))
    {
        Columns = columns;
    }

    private ColumnOptions[] Columns { get; }

    /// <inheritdoc/>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        Dictionary<string, SchemaShape.Column> result = inputSchema.ToDictionary(column => column.Name);
        foreach (ColumnOptions options in Columns)
        {
            if (!inputSchema.TryFindColumn(options.InputColumnName, out SchemaShape.Column source))
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", options.InputColumnName);
            PrimitiveDataViewType target = ValueConversion.TypeOf(options.OutputKind);
            bool suits = source.IsKey
                ? KeyDataViewType.IsValidDataType(target.RawType)
                : source.ItemType is PrimitiveDataViewType item && ValueConversion.MakeOrNull(item, target) != null;
            if (!suits)
            {
                throw Host.ExceptParam(
                    nameof(inputSchema), $"source column '{source.Name}' with item type '{source.GetTypeString()}' is not compatible with destination type '{target}'");
            }
            bool Keeps(string kind) =>
                (kind == AnnotationUtils.Kinds.SlotNames && source.Kind == SchemaShape.Column.VectorKind.Vector)
                || (kind == AnnotationUtils.Kinds.KeyValues && source.IsKey)
                || (kind == AnnotationUtils.Kinds.IsNormalized && !source.IsKey && source.ItemType is NumberDataViewType && target is NumberDataViewType);
            result[options.Name] = new SchemaShape.Column(
                options.Name, source.Kind, target, source.IsKey, new SchemaShape(source.Annotations.Where(annotation => Keeps(annotation.Name))));
        }
        return new SchemaShape(result.Values);
    }

    internal sealed class Defaults
    {
        public const DataKind DefaultOutputKind = DataKind.Single;
    }

    /// <summary>How one column is converted.</summary>
    [BestFriend]
    internal sealed class ColumnOptions
    {
        public readonly string Name;
        public readonly string InputColumnName;
        public readonly DataKind OutputKind;

        public ColumnOptions(string name, DataKind outputKind, string inputColumnName = null)
        {
            Contracts.CheckNonWhiteSpace(name, nameof(name));
            Contracts.CheckParam(Enum.IsDefined(outputKind), nameof(outputKind), "There is no such kind of data");
            Name = name;
            InputColumnName = inputColumnName ?? name;
            OutputKind = outputKind;
        }
    }
}
