using System.Buffers.Binary;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Models;

public class SchemaAnnotationTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void Load_AnnotationsOfEveryKind_AreRestored()
    {
        DataViewSchema schema = Reload(Schema(annotations =>
        {
            annotations.AddPrimitiveValue("Text", TextDataViewType.Instance, "naïve".AsMemory());
            annotations.AddPrimitiveValue("Flag", BooleanDataViewType.Instance, true);
            annotations.AddPrimitiveValue("Number", NumberDataViewType.Int16, (short)-7);
            annotations.AddPrimitiveValue("Key", new KeyDataViewType(typeof(uint), 9), 4u);
            Add(annotations, "Floats", NumberDataViewType.Single, [1.5f, float.NaN]);
            Add(annotations, "Texts", TextDataViewType.Instance, [.. Enumerable.Range(0, 300).Select(i => $"slot {i}".AsMemory())]);
            Add(annotations, "Flags", BooleanDataViewType.Instance, [.. Enumerable.Range(0, 11).Select(i => i % 3 == 0)]);
            annotations.Add("Nothing", new VectorDataViewType(NumberDataViewType.Double), (ref VBuffer<double> value) => value = new VBuffer<double>(0, []));
        }));

        DataViewSchema.Annotations restored = schema["Column"].Annotations;
        Assert.Equal(["Text", "Flag", "Number", "Key", "Floats", "Texts", "Flags", "Nothing"], restored.Schema.Select(column => column.Name));
        Assert.Equal("Vector<String, 300>", restored.Schema["Texts"].Type.ToString());
        Assert.Equal("naïve", Get<ReadOnlyMemory<char>>(restored, "Text").ToString());
        Assert.True(Get<bool>(restored, "Flag"));
        Assert.Equal(-7, Get<short>(restored, "Number"));
        Assert.Equal(4u, Get<uint>(restored, "Key"));
        Assert.Equal([1.5f, float.NaN], Get<VBuffer<float>>(restored, "Floats").DenseValues());
        Assert.Equal("slot 299", Get<VBuffer<ReadOnlyMemory<char>>>(restored, "Texts").GetItemOrDefault(299).ToString());
        Assert.Equal([0, 3, 6, 9], Get<VBuffer<bool>>(restored, "Flags").Items().Where(item => item.Value).Select(item => item.Key));
        Assert.Equal(0, Get<VBuffer<double>>(restored, "Nothing").Length);
    }

    [Fact]
    public void Save_SlotNames_WritesTableAndOffset()
    {
        byte[] file = Save(Schema(annotations => Add(annotations, "SlotNames", TextDataViewType.Instance, ["x".AsMemory(), "yz".AsMemory()])));
        byte[] entry = SavedModel.Entry(file, "Schema");

        byte[] codec = [7, .. "VBuffer"u8, 18, 8, .. "TextSpan"u8, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        long contents = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(24));
        long table = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(entry.Length - 16));
        Assert.InRange(table, 257, contents - 1);
        Assert.Equal([1, 9, .. "SlotNames"u8, .. codec], entry[(int)table..(int)(table + 11 + codec.Length)]);
        Assert.Equal([6, .. "Column"u8, 6, .. "Single"u8], entry[(int)contents..(int)(contents + 14)]);
    }

    [Fact]
    public void Load_AnyByteOfAnnotationsChanged_SaysSoOrLoads()
    {
        byte[] file = Save(Schema(annotations =>
        {
            annotations.AddPrimitiveValue("Flag", BooleanDataViewType.Instance, true);
            Add(annotations, "Texts", TextDataViewType.Instance, [.. Enumerable.Range(0, 40).Select(i => $"slot {i}".AsMemory())]);
        }));
        byte[] entry = SavedModel.Entry(file, "Schema");
        for (int i = 256; i < entry.Length; i++)
        {
            foreach (byte change in new byte[] { 1, 0x80, 0xFF })
            {
                entry[i] ^= change;
                Exception? e = Record.Exception(() => SavedModel.Load(SavedModel.With(file, "Schema", entry), out _));
                Assert.True(e is null or FormatException, $"byte {i} ^ {change:X2}: {e}");
                entry[i] ^= change;
            }
        }
    }

    [Fact]
    public void Save_ColumnsThatCannotBeStored_AreDroppedWithAMessage()
    {
        var messages = new List<string>();
        _context.Log += (_, message) => messages.Add(message.RawMessage);
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Image", new Microsoft.ML.Transforms.Image.ImageDataViewType(2, 2));
        builder.AddColumn("Text", TextDataViewType.Instance);
        Assert.Equal("Text", Assert.Single(Reload(builder.ToSchema())).Name);
        Assert.Contains("The column 'Image' will not be written as it has unsavable column type.", messages);

        var onlyImages = new DataViewSchema.Builder();
        onlyImages.AddColumn("Image", new Microsoft.ML.Transforms.Image.ImageDataViewType());
        Assert.Equal("No valid columns to save", Assert.Throws<InvalidOperationException>(() => Save(onlyImages.ToSchema())).Message);
    }

    private static DataViewSchema Schema(Action<DataViewSchema.Annotations.Builder> annotate)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotate(annotations);
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Column", NumberDataViewType.Single, annotations.ToAnnotations());
        return builder.ToSchema();
    }

    private static void Add<T>(DataViewSchema.Annotations.Builder annotations, string kind, PrimitiveDataViewType item, T[] values) =>
        annotations.Add(kind, new VectorDataViewType(item, values.Length), (ref VBuffer<T> value) => VBuffer<T>.Copy(values, 0, ref value, values.Length));

    private static T Get<T>(DataViewSchema.Annotations annotations, string kind)
    {
        T value = default!;
        annotations.GetValue(kind, ref value);
        return value;
    }

    private byte[] Save(DataViewSchema schema) => SavedModel.Save(_context, SavedModel.ImageChain(_context, out _), schema);

    private DataViewSchema Reload(DataViewSchema schema)
    {
        SavedModel.Load(Save(schema), out DataViewSchema restored);
        return restored;
    }
}
