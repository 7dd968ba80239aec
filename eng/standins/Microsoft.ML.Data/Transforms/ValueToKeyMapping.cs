using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(
    typeof(ValueToKeyMappingTransformer), null, typeof(SignatureLoadModel), "Term Transform", ValueToKeyMappingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Replaces values by keys.</summary>
public sealed class ValueToKeyMappingTransformer : OneToOneTransformerBase
{
    internal const string LoaderSignature = "TermTransform";
    internal const string TermManagerLoaderSignature = "TermManager";

    private const string VocabularyDirectory = "Vocabulary";
    private const string TermsStream = "Terms.txt";

    private readonly TermMap[] _maps;
    private readonly bool[] _asText;

    internal ValueToKeyMappingTransformer(IHost host, (string outputColumnName, string inputColumnName)[] columns, TermMap[] maps, bool asText)
        : base(host, columns)
    {
        _maps = maps;
        _asText = [.. maps.Select(_ => asText)];
    }

    // Format: columns; for each, byte 1 if its values are to be shown as text. In the folder Vocabulary: int number of columns and the values of
    // each; beside it, for people, the values as text.
    private ValueToKeyMappingTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
        ctx.CheckRemaining(ColumnPairs.Length);
        _asText = [.. ColumnPairs.Select(_ => ctx.Reader.ReadBoolByte())];
        _maps = new TermMap[ColumnPairs.Length];
        bool hasVocabulary = ctx.TryProcessSubModel(VocabularyDirectory, vocabulary =>
        {
            vocabulary.CheckAtModel(GetVocabularyVersionInfo());
            vocabulary.CheckRemaining(sizeof(int));
            int count = vocabulary.Reader.ReadInt32();
            host.CheckDecode(count == _maps.Length, $"There are {_maps.Length} columns and values of {count}.");
            for (int i = 0; i < count; i++)
                _maps[i] = TermMap.Load(host, vocabulary);
        });
        host.CheckDecode(hasVocabulary, $"The model file has no values for the component '{ctx.Directory}'.");
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
        DataViewType type = inputSchema[srcCol].Type;
        if (!type.GetItemType().Equals(_maps[col].ItemType))
        {
            throw Host.ExceptSchemaMismatch(
                nameof(inputSchema), "input", ColumnPairs[col].inputColumnName, $"{_maps[col].ItemType} or a vector of it", type.ToString());
        }
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        SaveColumns(ctx);
        foreach (bool asText in _asText)
            ctx.Writer.WriteBoolByte(asText);
        ctx.SaveSubModel(VocabularyDirectory, vocabulary =>
        {
            vocabulary.CheckAtModel();
            vocabulary.SetVersionInfo(GetVocabularyVersionInfo());
            vocabulary.Writer.Write(_maps.Length);
            foreach (TermMap map in _maps)
                map.Save(vocabulary);
            vocabulary.SaveTextStream(TermsStream, writer =>
            {
                foreach (TermMap map in _maps)
                    map.WriteText(writer);
            });
        });
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static ValueToKeyMappingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        return new ValueToKeyMappingTransformer(env.Register(nameof(ValueToKeyMappingTransformer)), ctx);
    }

    private static VersionInfo GetVersionInfo() => new("TERMTRNF", 0x00010003, 0x00010003, 0x00010003, AssemblyNames.Data, LoaderSignature);

    private static VersionInfo GetVocabularyVersionInfo() =>
        new("TERM MAN", 0x00010002, 0x00010002, 0x00010002, AssemblyNames.Data, TermManagerLoaderSignature);

    private sealed class Mapper(ValueToKeyMappingTransformer parent, DataViewSchema inputSchema)
        : OneToOneMapperBase(parent.Host.Register(nameof(Mapper)), parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => [.. parent.ColumnPairs.Select((pair, i) =>
        {
            DataViewSchema.Column source = InputSchema[ColMapNewToOld[i]];
            var annotations = new DataViewSchema.Annotations.Builder();
            parent._maps[i].AddKeyValues(annotations, parent._asText[i]);
            annotations.Add(source.Annotations, kind => kind == AnnotationUtils.Kinds.SlotNames);
            DataViewType type = source.Type is VectorDataViewType vector
                ? new VectorDataViewType(parent._maps[i].KeyType, vector.Dimensions)
                : parent._maps[i].KeyType;
            return new DataViewSchema.DetachedColumn(pair.outputColumnName, type, annotations.ToAnnotations());
        })];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            return parent._maps[iinfo].MakeGetter(input, InputSchema[ColMapNewToOld[iinfo]]);
        }
    }
}

/// <summary>Replaces values by keys, which count the distinct values.</summary>
public sealed class ValueToKeyMappingEstimator : IEstimator<ValueToKeyMappingTransformer>
{
    private readonly IHost _host;
    private readonly (string outputColumnName, string inputColumnName)[] _columns;
    private readonly int _maximumNumberOfKeys;
    private readonly KeyOrdinality _ordinality;
    private readonly bool _asText;
    private readonly IDataView _keyData;

    internal ValueToKeyMappingEstimator(
        IHostEnvironment env,
        (string outputColumnName, string inputColumnName)[] columns,
        int maximumNumberOfKeys,
        KeyOrdinality keyOrdinality,
        bool addKeyValueAnnotationsAsText,
        IDataView keyData)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(ValueToKeyMappingEstimator));
        _host.CheckNonEmpty(columns, nameof(columns));
        _host.CheckUserArg(maximumNumberOfKeys > 0, nameof(maximumNumberOfKeys), "Must be positive");
        _host.CheckUserArg(Enum.IsDefined(keyOrdinality), nameof(keyOrdinality));
        if (keyData != null && keyData.Schema.Count(column => !column.IsHidden) != 1)
            throw _host.ExceptParam(nameof(keyData), "keyData must contain only one column");
        _columns = columns;
        _maximumNumberOfKeys = maximumNumberOfKeys;
        _ordinality = keyOrdinality;
        _asText = addKeyValueAnnotationsAsText;
        _keyData = keyData;
    }

    /// <summary>The order in which values get their keys.</summary>
    public enum KeyOrdinality : byte
    {
        /// <summary>The order in which they come.</summary>
        ByOccurrence = 0,

        /// <summary>Their own order.</summary>
        ByValue = 1,
    }

    /// <summary>Learns the values.</summary>
    public ValueToKeyMappingTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        var maps = new TermMap[_columns.Length];
        for (int i = 0; i < maps.Length; i++)
        {
            string name = _columns[i].inputColumnName;
            DataViewSchema.Column source = input.Schema.GetColumnOrNull(name) ?? throw _host.ExceptSchemaMismatch(nameof(input), "input", name);
            if (!TermMap.Supports(source.Type.GetItemType()))
                throw _host.ExceptSchemaMismatch(nameof(input), "input", name, "text, a number or a vector of these", source.Type.ToString());
            DataViewSchema.Column terms = _keyData == null ? source : _keyData.Schema.First(column => !column.IsHidden);
            _host.CheckParam(
                terms.Type.GetItemType().Equals(source.Type.GetItemType()), "keyData",
                $"The values are of type '{terms.Type}', and those of the column '{name}' are of type '{source.Type}'.");
            using DataViewRowCursor cursor = (_keyData ?? input).GetRowCursor([terms]);
            maps[i] = TermMap.Learn(cursor, terms, _keyData == null ? _maximumNumberOfKeys : int.MaxValue, _ordinality == KeyOrdinality.ByValue);
        }
        return new ValueToKeyMappingTransformer(_host.Register(nameof(ValueToKeyMappingTransformer)), _columns, maps, _asText);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => ColumnShapes.MapEach(
        _host,
        inputSchema,
        _columns,
        "text, a number or a vector of these",
        column => !column.IsKey && TermMap.Supports(column.ItemType),
        (name, source) =>
        {
            PrimitiveDataViewType valueType = _asText ? TextDataViewType.Instance : (PrimitiveDataViewType)source.ItemType;
            var annotations = new List<SchemaShape.Column>();
            if (source.HasSlotNames())
                annotations.Add(new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false));
            annotations.Add(new(AnnotationUtils.Kinds.KeyValues, SchemaShape.Column.VectorKind.Vector, valueType, false));
            return new SchemaShape.Column(name, source.Kind, NumberDataViewType.UInt32, true, new SchemaShape(annotations));
        });

    internal static class Defaults
    {
        public const int MaximumNumberOfKeys = 1000000;
        public const bool AddKeyValueAnnotationsAsText = false;
        public const KeyOrdinality Ordinality = KeyOrdinality.ByOccurrence;
    }
}
