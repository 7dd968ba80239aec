using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A column of a text, bound to field numbers.</summary>
internal sealed class TextColumn
{
    private readonly string _name;
    private readonly int[] _fields;
    private readonly bool _isVector;
    private readonly PrimitiveDataViewType _itemType;
    private readonly TextLoader.Options _options;

    private TextColumn(string name, int[] fields, bool isVector, PrimitiveDataViewType itemType, TextLoader.Options options)
    {
        _name = name;
        _fields = fields;
        _isVector = isVector;
        _itemType = itemType;
        _options = options;
    }

    public static TextColumn Bind(IExceptionContext ectx, TextLoader.Column column, TextLoader.Options options, Func<int> countFields)
    {
        ectx.CheckNonEmpty(column.Name, nameof(column), "A column of text has no name.");
        ectx.CheckUserArg(column.Source is { Length: > 0 }, nameof(column), $"The column '{column.Name}' of text has no source.");
        var fields = new List<int>();
        bool isVector = column.Source.Length > 1;
        foreach (TextLoader.Range range in column.Source)
        {
            if (range.AllOther || range.VariableEnd)
                throw ectx.ExceptNotSupp($"The column '{column.Name}' of text has a source that is not supported here.");
            int max = range.Max ?? (options.InputSize ?? countFields()) - 1;
            ectx.Check(max >= range.Min, $"The column '{column.Name}' starts at field {range.Min}, and the lines end before it.");
            isVector |= range.ForceVector || max > range.Min || range.Max == null;
            fields.AddRange(Enumerable.Range(range.Min, max - range.Min + 1));
        }
        PrimitiveDataViewType type = ValueConversion.TypeOf(column.DataKind);
        if (column.KeyCount != null)
        {
            ectx.Check(KeyDataViewType.IsValidDataType(type.RawType), $"The column '{column.Name}' of type '{type}' cannot be a key.");
            ectx.Check(column.KeyCount.Count != null, $"The key column '{column.Name}' needs a number of keys.");
            type = new KeyDataViewType(type.RawType, column.KeyCount.Count.Value);
        }
        return new TextColumn(column.Name, [.. fields], isVector, type, options);
    }

    /// <summary>The column of the schema, whose slots are named after the fields.</summary>
    public DataViewSchema.DetachedColumn Describe(string[] header)
    {
        if (!_isVector)
            return new DataViewSchema.DetachedColumn(_name, _itemType);
        var annotations = new DataViewSchema.Annotations.Builder();
        if (header != null)
        {
            ReadOnlyMemory<char>[] names = [.. _fields.Select(field => (field < header.Length ? header[field] : "").AsMemory())];
            annotations.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(names, 0, ref value, names.Length));
        }
        return new DataViewSchema.DetachedColumn(_name, new VectorDataViewType(_itemType, _fields.Length), annotations.ToAnnotations());
    }

    /// <summary>A getter of the column's value in the row that <paramref name="current"/> hands out.</summary>
    public Delegate MakeGetter(Func<string[]> current) =>
        (Delegate)Generic.Method(typeof(TextColumn), nameof(MakeTypedGetter), _itemType.RawType).Invoke(this, current);

    private Delegate MakeTypedGetter<T>(Func<string[]> current)
    {
        Func<ReadOnlyMemory<char>, T> parse = _itemType is KeyDataViewType key ? KeyParser<T>(key.Count) : ValueConversion.ParserOf<T>();
        bool isFloating = typeof(T) == typeof(float) || typeof(T) == typeof(double);
        T Read(string[] row, int field)
        {
            string text = field < row.Length ? row[field] : "";
            if (isFloating && text.Length == 0 && _options.MissingRealsAsNaNs)
                text = "?";
            if (isFloating && _options.DecimalMarker != '.')
                text = text.Replace(_options.DecimalMarker, '.');
            return parse(text.AsMemory());
        }
        if (!_isVector)
            return (ValueGetter<T>)((ref T value) => value = Read(current(), _fields[0]));
        return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
        {
            string[] row = current();
            VBufferEditor<T> editor = VBufferEditor.Create(ref value, _fields.Length);
            for (int i = 0; i < _fields.Length; i++)
                editor.Values[i] = Read(row, _fields[i]);
            value = editor.Commit();
        });
    }

    // Keys count from 0 in text.
    private static Func<ReadOnlyMemory<char>, T> KeyParser<T>(ulong count) =>
        text => (T)Convert.ChangeType(ulong.TryParse(text.Span, out ulong number) && number < count ? number + 1 : 0, typeof(T));
}
