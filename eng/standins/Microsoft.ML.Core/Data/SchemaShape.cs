using System.Collections;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>What is known about the columns of a schema before data is seen: no sizes and no hidden columns.</summary>
public sealed class SchemaShape : IReadOnlyList<SchemaShape.Column>
{
    private readonly Column[] _columns;
    private readonly Dictionary<string, Column> _byName = [];

    private static readonly SchemaShape None = new([]);

    /// <summary>Makes a shape of its columns.</summary>
    public SchemaShape(IEnumerable<Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns];
        foreach (Column column in _columns)
            _byName[column.Name] = column;
    }

    /// <summary>The number of columns.</summary>
    public int Count => _columns.Length;

    /// <summary>The column at an index.</summary>
    public Column this[int index] => _columns[index];

    /// <inheritdoc/>
    public IEnumerator<Column> GetEnumerator() => ((IEnumerable<Column>)_columns).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The shape of a schema: vector sizes and hidden columns are dropped, a key keeps its raw type, annotations go one level deep.</summary>
    [BestFriend]
    internal static SchemaShape Create(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new SchemaShape(VisibleColumns(schema, column =>
            column.Annotations.Schema.Count == 0 ? null : new SchemaShape(VisibleColumns(column.Annotations.Schema, _ => null))));
    }

    /// <summary>Splits a column type into its parts.</summary>
    [BestFriend]
    internal static void GetColumnTypeShape(DataViewType type, out Column.VectorKind vecKind, out DataViewType itemType, out bool isKey)
    {
        vecKind = type is not VectorDataViewType vector ? Column.VectorKind.Scalar
            : vector.IsKnownSize ? Column.VectorKind.Vector
            : Column.VectorKind.VariableVector;
        itemType = type.GetItemType();
        isKey = itemType is KeyDataViewType;
        if (isKey)
            itemType = ColumnTypeExtensions.PrimitiveTypeFromType(itemType.RawType);
    }

    /// <summary>Finds a column by name.</summary>
    [BestFriend]
    internal bool TryFindColumn(string name, out Column column)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _byName.TryGetValue(name, out column);
    }

    private static IEnumerable<Column> VisibleColumns(DataViewSchema schema, Func<DataViewSchema.Column, SchemaShape> annotations)
    {
        foreach (DataViewSchema.Column column in schema)
        {
            if (column.IsHidden)
                continue;
            GetColumnTypeShape(column.Type, out Column.VectorKind kind, out DataViewType itemType, out bool isKey);
            yield return new Column(column.Name, kind, itemType, isKey, annotations(column));
        }
    }

    /// <summary>What is known about one column.</summary>
    public struct Column
    {
        /// <summary>Whether a column holds single values or vectors.</summary>
        public enum VectorKind
        {
            /// <summary>Single values.</summary>
            Scalar = 0,

            /// <summary>Vectors of one size.</summary>
            Vector = 1,

            /// <summary>Vectors of any size.</summary>
            VariableVector = 2,
        }

        /// <summary>The name.</summary>
        public readonly string Name;

        /// <summary>Single value or vector.</summary>
        public readonly VectorKind Kind;

        /// <summary>The type of the value or of the vector's items; for a key, that of its raw value.</summary>
        public readonly DataViewType ItemType;

        /// <summary>Whether the values are keys.</summary>
        public readonly bool IsKey;

        /// <summary>The annotations that the column will have.</summary>
        public readonly SchemaShape Annotations;

        [BestFriend]
        internal Column(string name, VectorKind vecKind, DataViewType itemType, bool isKey, SchemaShape annotations = null)
        {
            ArgumentException.ThrowIfNullOrEmpty(name);
            ArgumentNullException.ThrowIfNull(itemType);
            if (itemType is KeyDataViewType)
                throw new ArgumentOutOfRangeException(nameof(itemType), "The shape of a key column names the raw type, not a key type.");
            if (itemType is VectorDataViewType)
                throw new ArgumentOutOfRangeException(nameof(itemType), "The shape of a vector column names the type of its items, not a vector type.");
            if (isKey && !KeyDataViewType.IsValidDataType(itemType.RawType))
                throw new ArgumentOutOfRangeException(nameof(itemType), $"Keys cannot be made of '{itemType}'.");
            Name = name;
            Kind = vecKind;
            ItemType = itemType;
            IsKey = isKey;
            Annotations = annotations ?? None;
        }

        [BestFriend]
        internal bool IsValid => Name != null;

        /// <summary>Whether a column like <paramref name="source"/> can stand where this one is expected.</summary>
        [BestFriend]
        internal bool IsCompatibleWith(Column source) =>
            source.IsValid
            && Name == source.Name
            && Kind == source.Kind
            && ItemType.Equals(source.ItemType)
            && IsKey == source.IsKey
            && Annotations.All(wanted => source.Annotations.TryFindColumn(wanted.Name, out Column found) && wanted.IsCompatibleWith(found));

        [BestFriend]
        internal string GetTypeString()
        {
            string item = IsKey ? $"Key<{ItemType}>" : ItemType.ToString();
            return Kind switch
            {
                VectorKind.Vector => $"Vector<{item}>",
                VectorKind.VariableVector => $"VarVector<{item}>",
                _ => item,
            };
        }
    }
}
