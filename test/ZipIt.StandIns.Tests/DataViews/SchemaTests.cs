using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.DataViews;

public class SchemaTests
{
    [Fact]
    public void ToSchema_RepeatedName_HidesTheEarlierColumn()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("A", NumberDataViewType.Single);
        builder.AddColumn("B", TextDataViewType.Instance);
        builder.AddColumn("A", NumberDataViewType.Int32);
        DataViewSchema schema = builder.ToSchema();

        Assert.Equal([true, false, false], schema.Select(column => column.IsHidden));
        Assert.Equal(2, schema["A"].Index);
        Assert.Equal("Single", schema[0].Type.ToString());
        Assert.Null(schema.GetColumnOrNull("C"));
        Assert.Throws<ArgumentOutOfRangeException>(() => schema["C"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => schema[3]);
        Assert.False(schema.Equals(builder.ToSchema()));
        Assert.Equal(["A", "B"], SchemaShape.Create(schema).Select(column => column.Name).Order());
    }

    [Fact]
    public void Equals_Types_CompareByDimensionsAndCounts()
    {
        Assert.False(new VectorDataViewType(NumberDataViewType.Single, 12).Equals(new VectorDataViewType(NumberDataViewType.Single, 3, 4)));
        Assert.True(new VectorDataViewType(NumberDataViewType.Single, 3, 4).Equals(new VectorDataViewType(NumberDataViewType.Single, 3, 4)));
        Assert.False(new KeyDataViewType(typeof(uint), 3).Equals(new KeyDataViewType(typeof(uint), 4)));
        Assert.False(new KeyDataViewType(typeof(uint), 3).Equals(new KeyDataViewType(typeof(byte), 3)));
        Assert.False(NumberDataViewType.UInt32.Equals(new KeyDataViewType(typeof(uint), 3)));
        Assert.Equal("Vector<Key<UInt32, 0-2>, 2, *>", new VectorDataViewType(new KeyDataViewType(typeof(uint), 3), 2, 0).ToString());
        Assert.False(new VectorDataViewType(NumberDataViewType.Single).IsKnownSize);
    }

    [Fact]
    public void Types_WrongArguments_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyDataViewType(typeof(int), 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyDataViewType(typeof(byte), 256));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyDataViewType(typeof(byte), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VectorDataViewType(NumberDataViewType.Single, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VectorDataViewType(NumberDataViewType.Single, 1 << 20, 1 << 20));
        Assert.Throws<ArgumentNullException>(() => new VectorDataViewType(null, 3));
    }

    [Fact]
    public void Annotations_WrongKindOrType_Throw()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddPrimitiveValue("Kind", NumberDataViewType.Int32, 5);
        DataViewSchema.Annotations annotations = builder.ToAnnotations();
        int value = 0;
        annotations.GetValue("Kind", ref value);
        Assert.Equal(5, value);
        float wrong = 0;
        Assert.Throws<InvalidOperationException>(() => annotations.GetValue("Kind", ref wrong));
        Assert.Throws<InvalidOperationException>(() => annotations.GetValue("Other", ref value));
        Assert.Throws<ArgumentException>(() => builder.AddPrimitiveValue("Kind", NumberDataViewType.Single, 5));
    }

    [Fact]
    public void SchemaShape_Create_DropsSizesAndKeepsKeysAndAnnotations()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.AddPrimitiveValue("Kind", TextDataViewType.Instance, "x".AsMemory());
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Key", new KeyDataViewType(typeof(ushort), 3), annotations.ToAnnotations());
        builder.AddColumn("Vector", new VectorDataViewType(NumberDataViewType.Single, 3));
        builder.AddColumn("Any", new VectorDataViewType(TextDataViewType.Instance));
        SchemaShape shape = SchemaShape.Create(builder.ToSchema());

        Assert.Equal(["Key<UInt16>", "Vector<Single>", "VarVector<String>"], shape.Select(column => column.GetTypeString()));
        Assert.Equal("Kind", Assert.Single(shape[0].Annotations).Name);
        Assert.True(shape.TryFindColumn("Any", out SchemaShape.Column any));
        Assert.True(any.IsCompatibleWith(any));
        Assert.False(any.IsCompatibleWith(shape[1]));
        Assert.False(default(SchemaShape.Column).IsValid);
    }

    [Fact]
    public void VBuffer_SparseAndDense_AgreeOnValues()
    {
        var sparse = new VBuffer<int>(5, 2, [7, 9], [1, 4]);
        Assert.Equal([0, 7, 0, 0, 9], sparse.DenseValues());
        Assert.Equal([KeyValuePair.Create(1, 7), KeyValuePair.Create(4, 9)], sparse.Items());
        Assert.Equal(9, sparse.GetItemOrDefault(4));
        Assert.Equal(0, sparse.GetItemOrDefault(3));
        VBuffer<int> dense = default;
        sparse.CopyToDense(ref dense);
        Assert.True(dense.IsDense);
        Assert.Equal(sparse.DenseValues(), dense.DenseValues());
        VBuffer<int> part = default;
        sparse.CopyTo(ref part, 1, 3);
        Assert.Equal([7, 0, 0], part.DenseValues());
        Assert.Throws<ArgumentOutOfRangeException>(() => sparse.GetItemOrDefault(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VBuffer<int>(3, 2, [1], [0, 1]));
    }

    [Fact]
    public void VBufferEditor_LargeEnoughBuffer_ShowsOldValues()
    {
        var buffer = new VBuffer<int>(3, [1, 2, 3]);
        VBufferEditor<int> editor = VBufferEditor.Create(ref buffer, 2);
        Assert.False(editor.CreatedNewValues);
        Assert.Equal([1, 2], editor.Values.ToArray());
        editor.Values[0] = 9;
        buffer = editor.Commit();
        Assert.Equal([9, 2], buffer.DenseValues());
        Assert.True(VBufferEditor.Create(ref buffer, 4).CreatedNewValues);
    }

    [Fact]
    public void DataViewRowId_Combinations_DoNotCollide()
    {
        var ids = new HashSet<DataViewRowId>();
        for (ulong i = 0; i < 300; i++)
        {
            var id = new DataViewRowId(i, 0);
            Assert.True(ids.Add(id.Fork()));
            Assert.True(ids.Add(id.Next()));
            Assert.True(ids.Add(id.Combine(new DataViewRowId(i, 7))));
        }
        Assert.Equal(new DataViewRowId(3, 4).Fork(), new DataViewRowId(3, 4).Fork());
    }
}
