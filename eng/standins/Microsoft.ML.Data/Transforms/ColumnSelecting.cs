using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(
    typeof(ColumnSelectingTransformer), null, typeof(SignatureLoadModel), "Select Columns Transform", ColumnSelectingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Keeps or drops columns.</summary>
public sealed class ColumnSelectingTransformer : ITransformer
{
    internal const string LoaderSignature = "SelectColumnsTransform";

    private readonly IHost _host;
    private readonly string[] _names;
    private readonly bool _keeps;
    private readonly bool _keepsHidden;
    private readonly bool _ignoresMissing;

    internal ColumnSelectingTransformer(
        IHostEnvironment env, string[] keepColumns, string[] dropColumns, bool keepHidden = false, bool ignoreMissing = false)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(ColumnSelectingTransformer));
        _host.Check(
            keepColumns is { Length: > 0 } != dropColumns is { Length: > 0 }, "Either columns to keep or columns to drop must be given, and not both.");
        _keeps = keepColumns is { Length: > 0 };
        _names = _keeps ? keepColumns : dropColumns;
        _keepsHidden = keepHidden;
        _ignoresMissing = ignoreMissing;
    }

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return ColumnSubsetDataView.SchemaOf(inputSchema, Select(inputSchema, nameof(inputSchema)));
    }

    /// <inheritdoc/>
    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return new ColumnSubsetDataView(_host, input, Select(input.Schema, nameof(input)));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new ColumnSubsetDataView(_host, new EmptyDataView(_host, inputSchema), Select(inputSchema, nameof(inputSchema)));
    }

    // Format: byte 1 if the columns are kept, byte 1 if hidden columns are, byte 1 if missing columns are ignored, int number of columns, and
    // their names' string numbers.
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        ctx.Writer.WriteBoolByte(_keeps);
        ctx.Writer.WriteBoolByte(_keepsHidden);
        ctx.Writer.WriteBoolByte(_ignoresMissing);
        ctx.Writer.Write(_names.Length);
        foreach (string name in _names)
            ctx.SaveNonEmptyString(name);
    }

    internal SchemaShape GetOutputShape(SchemaShape inputSchema)
    {
        string[] missing = [.. _names.Where(name => !inputSchema.TryFindColumn(name, out _))];
        if (missing.Length > 0 && !_ignoresMissing)
            throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", string.Join(",", missing));
        return new SchemaShape(_keeps
            ? _names.Except(missing).Select(name => inputSchema.TryFindColumn(name, out SchemaShape.Column column) ? column : default)
            : inputSchema.Where(column => !_names.Contains(column.Name)));
    }

    private static ColumnSelectingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        ctx.CheckRemaining((3 * sizeof(byte)) + sizeof(int));
        bool keeps = ctx.Reader.ReadBoolByte();
        bool keepsHidden = ctx.Reader.ReadBoolByte();
        bool ignoresMissing = ctx.Reader.ReadBoolByte();
        int count = ctx.Reader.ReadInt32();
        env.CheckDecode(count > 0, $"{count} columns cannot be selected.");
        ctx.CheckRemaining((long)sizeof(int) * count);
        string[] names = [.. Enumerable.Range(0, count).Select(_ => ctx.LoadNonEmptyString())];
        return new ColumnSelectingTransformer(env, keeps ? names : null, keeps ? null : names, keepsHidden, ignoresMissing);
    }

    private static VersionInfo GetVersionInfo() => new("SELCOLST", 0x00010001, 0x00010001, 0x00010001, AssemblyNames.Data, LoaderSignature);

    private int[] Select(DataViewSchema schema, string paramName)
    {
        string[] missing = [.. _names.Where(name => schema.GetColumnOrNull(name) == null)];
        if (missing.Length > 0 && !_ignoresMissing)
            throw _host.ExceptSchemaMismatch(paramName, "input", string.Join(",", missing));
        DataViewSchema.Column[] candidates = [.. schema.Where(column => _keepsHidden || !column.IsHidden)];
        return _keeps
            ? [.. _names.SelectMany(name => candidates.Where(column => column.Name == name)).Select(column => column.Index)]
            : [.. candidates.Where(column => !_names.Contains(column.Name)).Select(column => column.Index)];
    }
}

/// <summary>Keeps or drops columns.</summary>
public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(IHostEnvironment env, string[] keepColumns, string[] dropColumns, bool keepHidden = false, bool ignoreMissing = false)
        : base(
            Contracts.CheckRef(env, nameof(env)).Register(nameof(ColumnSelectingEstimator)),
            new ColumnSelectingTransformer(env, keepColumns, dropColumns, keepHidden, ignoreMissing))
    {
    }

    /// <inheritdoc/>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return Transformer.GetOutputShape(inputSchema);
    }
}
