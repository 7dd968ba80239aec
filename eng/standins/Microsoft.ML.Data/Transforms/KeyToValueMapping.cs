using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(
    typeof(KeyToValueMappingTransformer), null, typeof(SignatureLoadModel), KeyToValueMappingTransformer.UserName,
    KeyToValueMappingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Replaces keys by the values that they stand for.</summary>
public sealed class KeyToValueMappingTransformer : OneToOneTransformerBase
{
    internal const string LoaderSignature = "KeyToValueTransform";

    [BestFriend]
    internal const string UserName = "Key To Value Transform";

    internal KeyToValueMappingTransformer(IHostEnvironment env, params (string outputColumnName, string inputColumnName)[] columns)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(KeyToValueMappingTransformer)), columns)
    {
    }

    // Format: columns.
    private KeyToValueMappingTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
        DataViewSchema.Column column = inputSchema[srcCol];
        if (column.Type.GetItemType() is not KeyDataViewType)
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", column.Name, "Key or a vector of it", column.Type.ToString());
        if (ValueTypeOrNull(column) == null)
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", column.Name, "Key with values", $"{column.Type} without values");
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        SaveColumns(ctx);
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static KeyToValueMappingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        return new KeyToValueMappingTransformer(env.Register(nameof(KeyToValueMappingTransformer)), ctx);
    }

    private static VersionInfo GetVersionInfo() => new("KEY2VALT", 0x00010001, 0x00010001, 0x00010001, AssemblyNames.Data, LoaderSignature);

    private static PrimitiveDataViewType ValueTypeOrNull(DataViewSchema.Column column) =>
        (column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type as VectorDataViewType)?.ItemType;

    private sealed class Mapper(KeyToValueMappingTransformer parent, DataViewSchema inputSchema)
        : OneToOneMapperBase(parent.Host.Register(nameof(Mapper)), parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => [.. parent.ColumnPairs.Select((pair, i) =>
        {
            DataViewSchema.Column source = InputSchema[ColMapNewToOld[i]];
            PrimitiveDataViewType valueType = ValueTypeOrNull(source);
            var annotations = new DataViewSchema.Annotations.Builder();
            annotations.Add(source.Annotations, kind => kind == AnnotationUtils.Kinds.SlotNames);
            DataViewType type = source.Type is VectorDataViewType vector ? new VectorDataViewType(valueType, vector.Dimensions) : valueType;
            return new DataViewSchema.DetachedColumn(pair.outputColumnName, type, annotations.ToAnnotations());
        })];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            DataViewSchema.Column source = InputSchema[ColMapNewToOld[iinfo]];
            return (Delegate)Generic.Method(
                    typeof(Mapper), nameof(MakeTypedGetter), source.Type.GetItemType().RawType, ValueTypeOrNull(source).RawType)
                .Invoke(null, input, source);
        }

        private static Delegate MakeTypedGetter<TKey, TValue>(DataViewRow input, DataViewSchema.Column source)
            where TKey : IBinaryInteger<TKey>
        {
            VBuffer<TValue> stored = default;
            source.GetKeyValues(ref stored);
            TValue[] values = [.. stored.DenseValues()];
            TValue Find(TKey key)
            {
                ulong number = ulong.CreateTruncating(key);
                return number > 0 && number <= (ulong)values.Length ? values[number - 1] : MissingValue<TValue>();
            }
            if (source.Type is not VectorDataViewType)
            {
                ValueGetter<TKey> getKey = input.GetGetter<TKey>(source);
                TKey key = default;
                return (ValueGetter<TValue>)((ref TValue value) =>
                {
                    getKey(ref key);
                    value = Find(key);
                });
            }
            ValueGetter<VBuffer<TKey>> getKeys = input.GetGetter<VBuffer<TKey>>(source);
            VBuffer<TKey> keys = default;
            return (ValueGetter<VBuffer<TValue>>)((ref VBuffer<TValue> result) =>
            {
                getKeys(ref keys);
                VBufferEditor<TValue> editor = VBufferEditor.Create(ref result, keys.Length);
                foreach (KeyValuePair<int, TKey> item in keys.Items(all: true))
                    editor.Values[item.Key] = Find(item.Value);
                result = editor.Commit();
            });
        }

        private static T MissingValue<T>() =>
            typeof(T) == typeof(float) ? (T)(object)float.NaN : typeof(T) == typeof(double) ? (T)(object)double.NaN : default;
    }
}

/// <summary>Replaces keys by the values that they stand for.</summary>
public sealed class KeyToValueMappingEstimator : TrivialEstimator<KeyToValueMappingTransformer>
{
    internal KeyToValueMappingEstimator(IHostEnvironment env, params (string outputColumnName, string inputColumnName)[] columns)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(KeyToValueMappingEstimator)), new KeyToValueMappingTransformer(env, columns))
    {
    }

    /// <inheritdoc/>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema) => ColumnShapes.MapEach(
        Host,
        inputSchema,
        Transformer.ColumnPairs,
        "Key with values",
        column => column.IsKey && column.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out _),
        (name, source) =>
        {
            source.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values);
            SchemaShape annotations = source.HasSlotNames()
                ? new SchemaShape([new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)])
                : null;
            return new SchemaShape.Column(name, source.Kind, values.ItemType, values.IsKey, annotations);
        });
}
