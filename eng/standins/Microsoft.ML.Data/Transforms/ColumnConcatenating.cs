using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(
    typeof(ColumnConcatenatingTransformer), null, typeof(SignatureLoadModel), "Concat Transform", ColumnConcatenatingTransformer.LoaderSignature)]

namespace Microsoft.ML.Data
{
    /// <summary>Puts columns of one item type together into vectors.</summary>
    public sealed class ColumnConcatenatingTransformer : RowToRowTransformerBase
    {
        internal const string LoaderSignature = "ConcatTransform";
        internal const string LoaderSignatureOld = "ConcatFunction";

        private readonly ConcatenatedColumn[] _columns;

        internal ColumnConcatenatingTransformer(IHostEnvironment env, string outputColumnName, params string[] inputColumnNames)
            : this(env, new ConcatenatedColumn(outputColumnName, [.. inputColumnNames.Select(name => (name, (string)null))]))
        {
        }

        internal ColumnConcatenatingTransformer(IHostEnvironment env, params ConcatenatedColumn[] columns)
            : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ColumnConcatenatingTransformer)))
        {
            Host.CheckNonEmpty(columns, nameof(columns));
            _columns = columns;
        }

        // Format: int number of columns; for each, its name's string number, int number of inputs, and for each of them the string numbers of
        // its name and of its alias, -1 for none.
        private ColumnConcatenatingTransformer(IHost host, ModelLoadContext ctx)
            : base(host)
        {
            ctx.CheckRemaining(sizeof(int));
            int count = ctx.Reader.ReadInt32();
            Host.CheckDecode(count > 0, $"{count} columns cannot be concatenated.");
            ctx.CheckRemaining(2L * sizeof(int) * count);
            _columns = new ConcatenatedColumn[count];
            for (int i = 0; i < count; i++)
            {
                ctx.CheckRemaining(2 * sizeof(int));
                string name = ctx.LoadNonEmptyString();
                int sources = ctx.Reader.ReadInt32();
                Host.CheckDecode(sources > 0, $"The column '{name}' is made of {sources} columns.");
                ctx.CheckRemaining(2L * sizeof(int) * sources);
                _columns[i] = new ConcatenatedColumn(
                    name, [.. Enumerable.Range(0, sources).Select(_ => (ctx.LoadNonEmptyString(), ctx.LoadStringOrNull()))]);
            }
        }

        internal IReadOnlyList<ConcatenatedColumn> ConcatenatedColumns => _columns;

        private protected override void SaveModel(ModelSaveContext ctx)
        {
            ctx.CheckAtModel();
            ctx.SetVersionInfo(GetVersionInfo());
            ctx.Writer.Write(_columns.Length);
            foreach (ConcatenatedColumn column in _columns)
            {
                ctx.SaveNonEmptyString(column.Name);
                ctx.Writer.Write(column.Sources.Length);
                foreach ((string name, string alias) in column.Sources)
                {
                    ctx.SaveNonEmptyString(name);
                    ctx.SaveStringOrNull(alias);
                }
            }
        }

        private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

        private static ColumnConcatenatingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        {
            ctx.CheckAtModel(GetVersionInfo());
            return new ColumnConcatenatingTransformer(env.Register(nameof(ColumnConcatenatingTransformer)), ctx);
        }

        private static VersionInfo GetVersionInfo() =>
            new("CONCAT F", 0x00010003, 0x00010003, 0x00010003, AssemblyNames.Data, LoaderSignature, LoaderSignatureOld);

        private sealed class Mapper : MapperBase
        {
            private readonly ColumnConcatenatingTransformer _parent;
            private readonly BoundColumn[] _columns;

            public Mapper(ColumnConcatenatingTransformer parent, DataViewSchema inputSchema)
                : base(parent.Host.Register(nameof(Mapper)), inputSchema, parent)
            {
                _parent = parent;
                _columns = [.. parent._columns.Select(Bind)];
            }

            protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
                [.. _columns.Select(column => new DataViewSchema.DetachedColumn(column.Name, column.Type, Annotate(column)))];

            protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
            {
                disposer = null;
                return (Delegate)Generic.Method(typeof(Mapper), nameof(MakeTypedGetter), _columns[iinfo].Type.ItemType.RawType)
                    .Invoke(null, input, _columns[iinfo]);
            }

            private protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
            {
                HashSet<int> needed = [.. _columns.Where((_, i) => activeOutput(i)).SelectMany(column => column.Sources).Select(source => source.Index)];
                return needed.Contains;
            }

            private protected override void SaveModel(ModelSaveContext ctx) => _parent.SaveModel(ctx);

            private static ValueGetter<VBuffer<T>> MakeTypedGetter<T>(DataViewRow input, BoundColumn column)
            {
                var parts = new VBuffer<T>[column.Sources.Length];
                Action[] fetch = [.. column.Sources.Select((source, i) => MakeFetch(input, source, parts, i))];
                return (ref VBuffer<T> value) =>
                {
                    int length = 0;
                    for (int i = 0; i < parts.Length; i++)
                    {
                        fetch[i]();
                        length += parts[i].Length;
                    }
                    VBufferEditor<T> editor = VBufferEditor.Create(ref value, length);
                    int at = 0;
                    foreach (VBuffer<T> part in parts)
                    {
                        part.CopyTo(editor.Values, at);
                        at += part.Length;
                    }
                    value = editor.Commit();
                };
            }

            private static Action MakeFetch<T>(DataViewRow input, DataViewSchema.Column source, VBuffer<T>[] parts, int index)
            {
                if (source.Type is VectorDataViewType)
                {
                    ValueGetter<VBuffer<T>> getVector = input.GetGetter<VBuffer<T>>(source);
                    return () => getVector(ref parts[index]);
                }
                ValueGetter<T> getItem = input.GetGetter<T>(source);
                var item = new T[1];
                parts[index] = new VBuffer<T>(1, item);
                return () => getItem(ref item[0]);
            }

            private BoundColumn Bind(ConcatenatedColumn column)
            {
                var sources = new DataViewSchema.Column[column.Sources.Length];
                bool isKnownSize = true;
                int size = 0;
                for (int i = 0; i < sources.Length; i++)
                {
                    string name = column.Sources[i].Name;
                    sources[i] = InputSchema.GetColumnOrNull(name) ?? throw Host.ExceptSchemaMismatch("inputSchema", "input", name);
                    DataViewType item = sources[i].Type.GetItemType();
                    if (item is not PrimitiveDataViewType || !item.Equals(sources[0].Type.GetItemType()))
                        throw Host.ExceptSchemaMismatch("inputSchema", "input", name, sources[0].Type.GetItemType().ToString(), sources[i].Type.ToString());
                    int count = sources[i].Type.GetValueCount();
                    isKnownSize &= count > 0;
                    size = checked(size + count);
                }
                var itemType = (PrimitiveDataViewType)sources[0].Type.GetItemType();
                return new BoundColumn(column.Name, new VectorDataViewType(itemType, isKnownSize ? size : 0), sources, column.Sources);
            }

            // A slot is named after its column, and after its slot there if that has a name.
            private DataViewSchema.Annotations Annotate(BoundColumn column)
            {
                var builder = new DataViewSchema.Annotations.Builder();
                if (column.Sources.All(source => source.IsNormalized()))
                    builder.AddPrimitiveValue(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, true);
                if (column.Type.IsKnownSize && column.Sources.Any(source => source.Type is not VectorDataViewType || source.HasSlotNames()))
                {
                    ReadOnlyMemory<char>[] names = [.. column.Sources.SelectMany((source, i) => SlotNames(source, column.Named[i].Alias ?? source.Name))];
                    builder.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(names, 0, ref value, names.Length));
                }
                return builder.ToAnnotations();
            }

            private static IEnumerable<ReadOnlyMemory<char>> SlotNames(DataViewSchema.Column source, string prefix)
            {
                if (source.Type is not VectorDataViewType vector)
                    return [prefix.AsMemory()];
                if (!source.HasSlotNames())
                    return Enumerable.Repeat(ReadOnlyMemory<char>.Empty, vector.Size);
                VBuffer<ReadOnlyMemory<char>> names = default;
                source.GetSlotNames(ref names);
                return names.DenseValues().Select(name => name.IsEmpty ? name : $"{prefix}.{name}".AsMemory());
            }

            private sealed record BoundColumn(string Name, VectorDataViewType Type, DataViewSchema.Column[] Sources, (string Name, string Alias)[] Named);
        }
    }

    /// <summary>A column and the columns that it is made of, with their names in slot names.</summary>
    internal sealed record ConcatenatedColumn(string Name, (string Name, string Alias)[] Sources);
}

namespace Microsoft.ML.Transforms
{
    /// <summary>Puts columns of one item type together into a vector.</summary>
    public sealed class ColumnConcatenatingEstimator : IEstimator<ColumnConcatenatingTransformer>
    {
        private readonly IHost _host;
        private readonly string _name;
        private readonly string[] _sources;

        internal ColumnConcatenatingEstimator(IHostEnvironment env, string outputColumnName, params string[] inputColumnNames)
        {
            Contracts.CheckValue(env, nameof(env));
            _host = env.Register(nameof(ColumnConcatenatingEstimator));
            _host.CheckNonEmpty(outputColumnName, nameof(outputColumnName));
            _host.CheckNonEmpty(inputColumnNames, nameof(inputColumnNames));
            foreach (string name in inputColumnNames)
                _host.CheckNonEmpty(name, nameof(inputColumnNames));
            _name = outputColumnName;
            _sources = inputColumnNames;
        }

        /// <summary>Checks that the data suit the transformer, and returns it.</summary>
        public ColumnConcatenatingTransformer Fit(IDataView input)
        {
            _host.CheckValue(input, nameof(input));
            var transformer = new ColumnConcatenatingTransformer(_host, _name, _sources);
            transformer.GetOutputSchema(input.Schema);
            return transformer;
        }

        /// <inheritdoc/>
        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            _host.CheckValue(inputSchema, nameof(inputSchema));
            var columns = new List<SchemaShape.Column>();
            foreach (string name in _sources)
            {
                if (!inputSchema.TryFindColumn(name, out SchemaShape.Column column))
                    throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", name);
                columns.Add(column);
                if (!column.ItemType.Equals(columns[0].ItemType) || column.IsKey != columns[0].IsKey)
                    throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", name, columns[0].GetTypeString(), column.GetTypeString());
            }
            bool isKnownSize = columns.TrueForAll(column => column.Kind != SchemaShape.Column.VectorKind.VariableVector);
            bool hasSlotNames = isKnownSize && columns.Exists(column => column.Kind == SchemaShape.Column.VectorKind.Scalar || column.HasSlotNames());
            var annotations = new List<SchemaShape.Column>();
            if (columns.TrueForAll(column => column.IsNormalized()))
                annotations.Add(new(AnnotationUtils.Kinds.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, false));
            if (hasSlotNames)
                annotations.Add(new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false));

            Dictionary<string, SchemaShape.Column> result = inputSchema.ToDictionary(column => column.Name);
            result[_name] = new SchemaShape.Column(
                _name,
                isKnownSize ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector,
                columns[0].ItemType,
                columns[0].IsKey,
                new SchemaShape(annotations));
            return new SchemaShape(result.Values);
        }
    }
}
