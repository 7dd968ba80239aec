using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Reads text files whose lines are rows and whose fields are separated by characters.</summary>
/// <remarks>The stand-in knows no sparse rows and cannot be saved.</remarks>
public sealed partial class TextLoader : IDataLoader<IMultiStreamSource>
{
    private readonly IHost _host;
    private readonly Options _options;
    private readonly TextColumn[] _columns;
    private readonly DataViewSchema _schema;

    internal TextLoader(IHostEnvironment env, Options options, IMultiStreamSource dataSample = null)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(TextLoader));
        _host.CheckValue(options, nameof(options));
        _host.CheckUserArg(options.Columns is { Length: > 0 }, nameof(options), "The columns of the text must be described.");
        _host.CheckUserArg(options.Separators is { Length: > 0 }, nameof(options), "The text needs at least one separator.");
        if (options.AllowSparse)
            throw _host.ExceptNotSupp("Sparse rows of text are not supported here.");
        _options = options;
        string[] header = ReadHeader(dataSample);
        _columns = [.. options.Columns.Select(column => TextColumn.Bind(_host, column, options, () => CountFields(dataSample)))];
        _schema = SchemaExtensions.MakeSchema(_columns.Select(column => column.Describe(header)));
    }

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema() => _schema;

    /// <inheritdoc/>
    public IDataView Load(IMultiStreamSource source)
    {
        _host.CheckValue(source, nameof(source));
        return new TextDataView(_host, _options, _schema, _columns, source);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw _host.ExceptNotSupp("A text loader cannot be saved here.");

    /// <summary>The description of columns by the members of a class that have the attribute <see cref="LoadColumnAttribute"/>.</summary>
    internal static Column[] ColumnsOf<TInput>(IExceptionContext ectx)
    {
        var columns = new List<Column>();
        foreach (MemberInfo member in SchemaDefinition.GetMemberInfos(typeof(TInput), SchemaDefinition.Direction.Write))
        {
            if (Attribute.GetCustomAttribute(member, typeof(LoadColumnAttribute)) is not LoadColumnAttribute source)
                continue;
            string name = ((ColumnNameAttribute)Attribute.GetCustomAttribute(member, typeof(ColumnNameAttribute)))?.Name ?? member.Name;
            bool isVector = MemberTypes.TryGetItemType(MemberTypes.TypeOf(member), out Type item);
            var key = (KeyTypeAttribute)Attribute.GetCustomAttribute(member, typeof(KeyTypeAttribute));
            DataKind? kind = null;
            foreach (DataKind candidate in Enum.GetValues<DataKind>())
            {
                if (ValueConversion.TypeOf(candidate).RawType == (item == typeof(string) ? typeof(ReadOnlyMemory<char>) : item))
                    kind = candidate;
            }
            ectx.Check(kind != null, $"Member {member.Name} is of type '{item}', which cannot be read from text.");
            Range[] ranges = [.. source.Sources.Select(range => new Range(range.Min, range.Max) { ForceVector = isVector })];
            columns.Add(new Column(name, kind.Value, ranges, key == null ? null : key.KeyCount ?? new KeyCount()));
        }
        ectx.Check(columns.Count > 0, $"No member of '{typeof(TInput)}' has the attribute LoadColumn.");
        return [.. columns];
    }

    private string[] ReadHeader(IMultiStreamSource sample)
    {
        if (!_options.HasHeader)
            return null;
        if (_options.HeaderFile != null)
            sample = new MultiFileSource(_options.HeaderFile);
        if (sample == null || sample.Count == 0)
            return null;
        using TextReader text = sample.OpenTextReader(0);
        return new TextRowReader(text, _options).ReadRow();
    }

    private int CountFields(IMultiStreamSource sample)
    {
        const int RowsToLookAt = 100;
        _host.CheckParam(sample != null && sample.Count > 0, "dataSample", "A column reaches to the end of the line, so a sample of the data is needed.");
        using TextReader text = sample.OpenTextReader(0);
        var reader = new TextRowReader(text, _options);
        int most = 0;
        for (int i = 0; i < RowsToLookAt && reader.ReadRow() is { } row; i++)
            most = Math.Max(most, row.Length);
        return most;
    }
}
