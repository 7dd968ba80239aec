using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Distinct values of one type, numbered from 1.</summary>
internal abstract class TermMap
{
    private const byte TextCode = 0;
    private const byte CodecCode = 1;

    protected TermMap(PrimitiveDataViewType itemType, int count)
    {
        ItemType = itemType;
        Count = count;

        // A key type cannot count 0 values: without any, each row is missing.
        KeyType = new KeyDataViewType(typeof(uint), Math.Max(1, count));
    }

    /// <summary>The type of the values.</summary>
    public PrimitiveDataViewType ItemType { get; }

    /// <summary>The type of their keys.</summary>
    public KeyDataViewType KeyType { get; }

    /// <summary>The number of values.</summary>
    public int Count { get; }

    /// <summary>Whether values of the type can be numbered.</summary>
    public static bool Supports(DataViewType itemType) => itemType is TextDataViewType or NumberDataViewType;

    /// <summary>Numbers the values of a column, in the order in which they come or by size.</summary>
    public static TermMap Learn(DataViewRowCursor cursor, DataViewSchema.Column column, int maximumCount, bool sortByValue) =>
        (TermMap)Generic.Method(typeof(TermMap), nameof(LearnTyped), column.Type.GetItemType().RawType).Invoke(null, cursor, column, maximumCount, sortByValue);

    /// <summary>A getter of the keys of a column's values.</summary>
    public abstract Delegate MakeGetter(DataViewRow input, DataViewSchema.Column column);

    /// <summary>Adds the values as annotation.</summary>
    public abstract void AddKeyValues(DataViewSchema.Annotations.Builder builder, bool asText);

    /// <summary>Writes the values for people.</summary>
    public void WriteText(TextWriter writer)
    {
        writer.WriteLine($"# Number of terms = {Count}");
        int number = 0;
        foreach (string term in Texts())
            writer.WriteLine($"{number++}\t{term}");
    }

    // Format: byte 0, int number of values and their string numbers if they are text; otherwise byte 1, codec, int number of values, values.
    public abstract void Save(ModelSaveContext ctx);

    public static TermMap Load(IExceptionContext ectx, ModelLoadContext ctx)
    {
        ctx.CheckRemaining(sizeof(byte));
        byte code = ctx.Reader.ReadByte();
        ectx.CheckDecode(code is TextCode or CodecCode, $"There is no kind {code} of values.");
        DataViewType type = code == TextCode ? TextDataViewType.Instance : ColumnCodec.ReadOrNull(ectx, ctx.Reader);
        ectx.CheckDecode(Supports(type), $"Values of type '{type}' cannot be read.");
        ctx.CheckRemaining(sizeof(int));
        int count = ctx.Reader.ReadInt32();
        ectx.CheckDecode(count >= 0, $"There cannot be {count} values.");
        if (code == CodecCode)
            return (TermMap)Generic.Method(typeof(TermMap), nameof(LoadNumbers), type.RawType).Invoke(null, ectx, ctx, type, count);
        ctx.CheckRemaining((long)sizeof(int) * count);
        ReadOnlyMemory<char>[] terms = [.. Enumerable.Range(0, count).Select(_ => ctx.LoadNonEmptyString().AsMemory())];
        return Checked(ectx, new TermMap<ReadOnlyMemory<char>>(TextDataViewType.Instance, terms));
    }

    protected abstract IEnumerable<string> Texts();

    private protected abstract bool HasDuplicates { get; }

    private static TermMap Checked(IExceptionContext ectx, TermMap map)
    {
        ectx.CheckDecode(!map.HasDuplicates, "Some values occur twice.");
        return map;
    }

    private static unsafe TermMap LoadNumbers<T>(IExceptionContext ectx, ModelLoadContext ctx, PrimitiveDataViewType type, int count)
        where T : unmanaged, INumber<T>
    {
        ctx.CheckRemaining((long)sizeof(T) * count);
        var terms = new T[count];
        ctx.Reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(terms.AsSpan()));
        return Checked(ectx, new TermMap<T>(type, terms));
    }

    private static TermMap LearnTyped<T>(DataViewRowCursor cursor, DataViewSchema.Column column, int maximumCount, bool sortByValue)
    {
        var terms = new List<T>();
        var known = new HashSet<T>(TermComparer.For<T>());
        void Add(T term)
        {
            if (known.Count < maximumCount && !TermComparer.IsMissing(term) && !known.Contains(term))
            {
                // Text may lie in a buffer that the next row writes to.
                T kept = TermComparer.Keep(term);
                known.Add(kept);
                terms.Add(kept);
            }
        }
        if (column.Type is VectorDataViewType)
        {
            ValueGetter<VBuffer<T>> getVector = cursor.GetGetter<VBuffer<T>>(column);
            VBuffer<T> vector = default;
            while (known.Count < maximumCount && cursor.MoveNext())
            {
                getVector(ref vector);
                foreach (T term in vector.DenseValues())
                    Add(term);
            }
        }
        else
        {
            ValueGetter<T> getTerm = cursor.GetGetter<T>(column);
            T term = default;
            while (known.Count < maximumCount && cursor.MoveNext())
            {
                getTerm(ref term);
                Add(term);
            }
        }
        if (sortByValue)
            terms.Sort(TermComparer.OrderOf<T>());
        return new TermMap<T>((PrimitiveDataViewType)column.Type.GetItemType(), [.. terms]);
    }
}

/// <inheritdoc/>
internal sealed class TermMap<T> : TermMap
{
    private readonly T[] _terms;
    private readonly Dictionary<T, uint> _keys;

    public TermMap(PrimitiveDataViewType itemType, T[] terms)
        : base(itemType, terms.Length)
    {
        _terms = terms;
        _keys = new Dictionary<T, uint>(terms.Length, TermComparer.For<T>());
        for (int i = 0; i < terms.Length; i++)
            _keys.TryAdd(terms[i], (uint)i + 1);
    }

    private protected override bool HasDuplicates => _keys.Count < _terms.Length;

    public override Delegate MakeGetter(DataViewRow input, DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType)
        {
            ValueGetter<T> getTerm = input.GetGetter<T>(column);
            T term = default;
            return (ValueGetter<uint>)((ref uint key) =>
            {
                getTerm(ref term);
                key = _keys.GetValueOrDefault(term);
            });
        }
        ValueGetter<VBuffer<T>> getVector = input.GetGetter<VBuffer<T>>(column);
        VBuffer<T> vector = default;
        return (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> keys) =>
        {
            getVector(ref vector);
            VBufferEditor<uint> editor = VBufferEditor.Create(ref keys, vector.Length);
            foreach (KeyValuePair<int, T> item in vector.Items(all: true))
                editor.Values[item.Key] = _keys.GetValueOrDefault(item.Value);
            keys = editor.Commit();
        });
    }

    public override void AddKeyValues(DataViewSchema.Annotations.Builder builder, bool asText)
    {
        if (Count == 0)
            return;
        if (asText && ItemType is not TextDataViewType)
        {
            ReadOnlyMemory<char>[] texts = [.. Texts().Select(text => text.AsMemory())];
            builder.AddKeyValues(Count, TextDataViewType.Instance, (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(texts, 0, ref value, texts.Length));
            return;
        }
        builder.AddKeyValues(Count, ItemType, (ref VBuffer<T> value) => VBuffer<T>.Copy(_terms, 0, ref value, _terms.Length));
    }

    public override void Save(ModelSaveContext ctx)
    {
        ctx.Writer.Write((byte)(ItemType is TextDataViewType ? 0 : 1));
        if (ItemType is not TextDataViewType)
            ColumnCodec.Write(ctx.Writer, ItemType);
        ctx.Writer.Write(Count);
        foreach (T term in _terms)
        {
            if (term is ReadOnlyMemory<char> text)
                ctx.SaveNonEmptyString(text);
            else
                TermComparer.Write(ctx.Writer, term);
        }
    }

    protected override IEnumerable<string> Texts() => _terms.Select(term => Convert.ToString(term, CultureInfo.InvariantCulture));
}

/// <summary>How values are compared, kept and stored.</summary>
internal static class TermComparer
{
    public static IEqualityComparer<T> For<T>() =>
        typeof(T) == typeof(ReadOnlyMemory<char>) ? (IEqualityComparer<T>)(object)TextComparer.Instance : EqualityComparer<T>.Default;

    public static IComparer<T> OrderOf<T>() =>
        typeof(T) == typeof(ReadOnlyMemory<char>) ? (IComparer<T>)(object)TextComparer.Instance : Comparer<T>.Default;

    public static bool IsMissing<T>(T term) => term switch
    {
        ReadOnlyMemory<char> text => text.IsEmpty,
        float number => float.IsNaN(number),
        double number => double.IsNaN(number),
        _ => false,
    };

    public static T Keep<T>(T term) => term is ReadOnlyMemory<char> text ? (T)(object)text.ToString().AsMemory() : term;

    public static void Write<T>(BinaryWriter writer, T term)
    {
        switch (term)
        {
            case sbyte number: writer.Write(number); break;
            case byte number: writer.Write(number); break;
            case short number: writer.Write(number); break;
            case ushort number: writer.Write(number); break;
            case int number: writer.Write(number); break;
            case uint number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            case ulong number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            default: throw Contracts.ExceptNotSupp($"Values of type '{typeof(T)}' cannot be stored.");
        }
    }

    private sealed class TextComparer : IEqualityComparer<ReadOnlyMemory<char>>, IComparer<ReadOnlyMemory<char>>
    {
        public static readonly TextComparer Instance = new();

        public bool Equals(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<char> text) => string.GetHashCode(text.Span);

        public int Compare(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.SequenceCompareTo(y.Span);
    }
}
