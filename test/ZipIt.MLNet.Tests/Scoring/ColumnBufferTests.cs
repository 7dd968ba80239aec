using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

/// <summary>What stands beside the scores, of whatever type, is what the input holds.</summary>
public sealed class ColumnBufferTests
{
    private readonly MLContext _context = new(1);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(32)]
    public void Columns_OfEveryType_AreThoseOfTheInput(int batchSize)
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(11));
        IDataView scored = Samples.Zipped.WithEngine(new Networks.CpuEngine(), batchSize).Transform(data);

        EstimatorWorkout.CheckSameRows(data, data.Schema, scored, scored.Schema);
    }

    [Fact]
    public void Columns_OfATypeOfTheApplication_AreThoseOfTheInput()
    {
        Place[] places = [.. Enumerable.Range(0, 9).Select(i => new Place($"place {i}"))];
        IDataView data = _context.Data.LoadFromEnumerable(Samples.Rows(9).Select((row, i) => new PlacedRow { Pixels = row.Pixels, Place = places[i] }));
        IDataView scored = Samples.Zipped.WithEngine(new Networks.CpuEngine(), 4).Transform(data);

        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        ValueGetter<Place> getter = cursor.GetGetter<Place>(scored.Schema["Place"]);
        foreach (Place expected in places)
        {
            Assert.True(cursor.MoveNext());
            Place? actual = null;
            getter(ref actual!);
            Assert.Same(expected, actual);
        }
    }

    [Fact]
    public void Columns_SparseVectors_StaySparse()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(6));
        IDataView scored = Samples.Zipped.Transform(data);

        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Sparse"], scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Sparse"]);
        VBuffer<float> value = default;
        for (int i = 0; cursor.MoveNext(); i++)
        {
            getter(ref value);
            Assert.False(value.IsDense);
            Assert.Equal([i % 5], value.GetIndices().ToArray());
        }
    }

    [Fact]
    public void Getter_WhatAConsumerWritesIntoItsVector_StaysThere()
    {
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(Rows(3)));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Doubles"], scored.Schema["Score"]]);
        ValueGetter<VBuffer<double>> getter = cursor.GetGetter<VBuffer<double>>(scored.Schema["Doubles"]);
        Assert.True(cursor.MoveNext());
        VBuffer<double> first = default, second = default;

        getter(ref first);
        VBufferEditor<double> editor = VBufferEditor.Create(ref first, first.Length);
        editor.Values.Fill(-1);
        first = editor.Commit();
        getter(ref second);

        Assert.Equal([0.5, 0], second.DenseValues());
    }

    [Fact]
    public void Getter_OfAnotherType_IsRefused()
    {
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(Rows(3)));
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);

        Assert.Contains("'Double'", Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(scored.Schema["Double"])).Message);
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(scored.Schema["Doubles"]));
    }

    [Fact]
    public void Batch_ManyBytesBesideTheScores_EndsEarly()
    {
        byte[] large = new byte[33 << 20];
        IDataView data = _context.Data.LoadFromEnumerable(Samples.Rows(5).Select(row => new HeavyRow { Pixels = row.Pixels, Bytes = large }));
        var engine = new CountingEngine();
        IDataView scored = Samples.Zipped.WithEngine(engine).Transform(data);

        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Bytes"], scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> scores = default;
        while (cursor.MoveNext())
            getter(ref scores);

        Assert.Equal(5, engine.Images);
        Assert.Equal(3, engine.Runs);
    }

    private static IEnumerable<WideRow> Rows(int count)
    {
        PixelRow[] pixels = Samples.Rows(count);
        for (int i = 0; i < count; i++)
        {
            yield return new WideRow
            {
                Pixels = pixels[i].Pixels,
                Int8 = (sbyte)-i,
                UInt8 = (byte)i,
                Int16 = (short)(-1000 - i),
                UInt16 = (ushort)(1000 + i),
                Int32 = -100_000 - i,
                UInt32 = 100_000u + (uint)i,
                Int64 = -(1L << 40) - i,
                UInt64 = (1UL << 40) + (ulong)i,
                Single = i % 4 == 3 ? float.NaN : i / 3f,
                Double = i / 3.0,
                Boolean = i % 3 == 0,
                Text = i % 4 == 2 ? null : $"text {i}",
                Duration = TimeSpan.FromTicks(i * 1000),
                Time = new DateTime(2024, 1, 1).AddHours(i),
                TimeThere = new DateTimeOffset(2024, 1, 1, i, 0, 0, TimeSpan.FromHours(2)),
                Id = new DataViewRowId((ulong)i, 7),
                Key = (uint)i % 6,
                Doubles = [i + 0.5, -i],
                Longs = [i, -i, i * i],
                Flags = [i % 2 == 0, true],
                Texts = ["x", $"{i}"],
                Bytes = [.. Enumerable.Range(0, i).Select(value => (byte)value)],
                Durations = [TimeSpan.FromDays(i)],
                Keys = [(uint)i % 6, 5],
                Sparse = new VBuffer<float>(5, 1, [i + 1f], [i % 5]),
            };
        }
    }

    private sealed class WideRow
    {
        [VectorType(3, 8, 8)]
        public float[]? Pixels { get; set; }

        public sbyte Int8 { get; set; }

        public byte UInt8 { get; set; }

        public short Int16 { get; set; }

        public ushort UInt16 { get; set; }

        public int Int32 { get; set; }

        public uint UInt32 { get; set; }

        public long Int64 { get; set; }

        public ulong UInt64 { get; set; }

        public float Single { get; set; }

        public double Double { get; set; }

        public bool Boolean { get; set; }

        public string? Text { get; set; }

        public TimeSpan Duration { get; set; }

        public DateTime Time { get; set; }

        public DateTimeOffset TimeThere { get; set; }

        public DataViewRowId Id { get; set; }

        [KeyType(6)]
        public uint Key { get; set; }

        [VectorType(2)]
        public double[]? Doubles { get; set; }

        [VectorType(3)]
        public long[]? Longs { get; set; }

        [VectorType(2)]
        public bool[]? Flags { get; set; }

        [VectorType(2)]
        public string[]? Texts { get; set; }

        /// <summary>Of another length in every row.</summary>
        public byte[]? Bytes { get; set; }

        [VectorType(1)]
        public TimeSpan[]? Durations { get; set; }

        [VectorType(2)]
        [KeyType(6)]
        public uint[]? Keys { get; set; }

        [VectorType(5)]
        public VBuffer<float> Sparse { get; set; }
    }

    private sealed class HeavyRow
    {
        [VectorType(3, 8, 8)]
        public float[]? Pixels { get; set; }

        public byte[]? Bytes { get; set; }
    }

    private sealed record Place(string Name);

    private sealed class PlaceTypeAttribute : DataViewTypeAttribute
    {
        public override void Register() => DataViewTypeManager.Register(new PlaceType(), typeof(Place), this);

        public override bool Equals(DataViewTypeAttribute? other) => other is PlaceTypeAttribute;

        public override int GetHashCode() => 1;
    }

    private sealed class PlaceType() : StructuredDataViewType(typeof(Place))
    {
        public override bool Equals(DataViewType? other) => other is PlaceType;

        public override int GetHashCode() => 1;
    }

    private sealed class PlacedRow
    {
        [VectorType(3, 8, 8)]
        public float[]? Pixels { get; set; }

        [PlaceType]
        public Place? Place { get; set; }
    }
}
