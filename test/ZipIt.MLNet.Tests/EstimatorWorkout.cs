using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// What ML.NET's own tests demand of every estimator: promises about schemas are kept, bad input is refused by each method, a saved model is the same model,
/// and values do not depend on which columns are read together.
/// </summary>
public static class EstimatorWorkout
{
    /// <summary>Runs all checks.</summary>
    /// <param name="context">The context of the estimator.</param>
    /// <param name="estimator">The estimator.</param>
    /// <param name="validFitInput">Data to fit with.</param>
    /// <param name="validTransformInput">Data that the transformer takes, but fitting does not; null for none.</param>
    /// <param name="invalidInput">Data that neither takes; null for none.</param>
    /// <param name="validForFitNotValidForTransform">Data that fitting takes, but the transformer does not; null for none.</param>
    /// <returns>The fitted transformer.</returns>
    public static T Run<T>(
        MLContext context, IEstimator<T> estimator, IDataView validFitInput,
        IDataView? validTransformInput = null, IDataView? invalidInput = null, IDataView? validForFitNotValidForTransform = null)
        where T : class, ITransformer
    {
        SchemaShape promised = estimator.GetOutputSchema(ShapeCapture.Of(validFitInput));
        foreach (IDataView bad in Present(validTransformInput, invalidInput))
        {
            SchemaShape shape = ShapeCapture.Of(bad);
            MustFail(() => estimator.GetOutputSchema(shape));
            MustFail(() => estimator.Fit(bad));
        }

        if (validForFitNotValidForTransform is not null)
        {
            estimator.GetOutputSchema(ShapeCapture.Of(validForFitNotValidForTransform));
            estimator.Fit(validForFitNotValidForTransform);
        }

        T transformer = estimator.Fit(validFitInput);
        ITransformer loaded = SaveAndLoad(context, transformer, validFitInput.Schema, out DataViewSchema loadedSchema);
        CheckSameSchema(validFitInput.Schema, loadedSchema);
        foreach (IDataView good in Present(validFitInput, validTransformInput))
            CheckTransformers(transformer, loaded, good);
        foreach (IDataView bad in Present(invalidInput, validForFitNotValidForTransform))
        {
            foreach (ITransformer refusing in (ITransformer[])[transformer, loaded])
            {
                MustFail(() => refusing.GetOutputSchema(bad.Schema));
                MustFail(() => refusing.Transform(bad));
                if (refusing.IsRowToRowMapper)
                    MustFail(() => refusing.GetRowToRowMapper(bad.Schema));
            }
        }

        CheckSameShape(promised, ShapeCapture.Of(transformer.Transform(validFitInput)));
        return transformer;
    }

    /// <summary>Saves a model with its schema and loads it into a new context.</summary>
    public static ITransformer SaveAndLoad(MLContext context, ITransformer transformer, DataViewSchema schema, out DataViewSchema loadedSchema)
    {
        using var stream = new MemoryStream();
        context.Model.Save(transformer, schema, stream);
        stream.Position = 0;
        return new MLContext().Model.Load(stream, out loadedSchema);
    }

    /// <summary>Checks that both schemas have the same columns, with the same types and annotations.</summary>
    public static void CheckSameSchema(DataViewSchema expected, DataViewSchema actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Name, actual[i].Name);
            Assert.Equal(expected[i].Type, actual[i].Type);
            Assert.Equal(expected[i].IsHidden, actual[i].IsHidden);
            CheckSameAnnotations(expected[i].Annotations, actual[i].Annotations);
        }
    }

    /// <summary>Checks that two views hold the same rows, values and ids, for all columns, every second one, and each by itself.</summary>
    public static void CheckSameValues(IDataView expected, IDataView actual)
    {
        Func<DataViewSchema.Column, bool>[] selections =
        [
            _ => true,
            column => column.Index % 2 == 0,
            column => column.Index % 2 == 1,
            .. expected.Schema.Select(single => (Func<DataViewSchema.Column, bool>)(column => column.Index == single.Index)),
        ];
        foreach (Func<DataViewSchema.Column, bool> selection in selections)
            CheckSameRows(expected, expected.Schema.Where(selection), actual, actual.Schema.Where(selection));
    }

    private static void CheckTransformers(ITransformer transformer, ITransformer loaded, IDataView input)
    {
        DataViewSchema output = transformer.GetOutputSchema(input.Schema);
        CheckSameSchema(output, loaded.GetOutputSchema(input.Schema));
        IDataView scored = transformer.Transform(input);
        CheckSameSchema(output, scored.Schema);
        foreach (ITransformer candidate in (ITransformer[])[transformer, loaded])
        {
            if (!candidate.IsRowToRowMapper)
            {
                Assert.ThrowsAny<Exception>(() => candidate.GetRowToRowMapper(input.Schema));
                continue;
            }

            IRowToRowMapper mapper = candidate.GetRowToRowMapper(input.Schema);
            Assert.Same(input.Schema, mapper.InputSchema);
            CheckSameSchema(output, mapper.OutputSchema);
        }

        CheckSameValues(scored, transformer.Transform(input));
        CheckSameValues(scored, loaded.Transform(input));
        CheckSingles(scored);
    }

    /// <summary>One cursor per column, side by side, must see what one cursor over all columns sees.</summary>
    private static void CheckSingles(IDataView view)
    {
        DataViewSchema.Column[] columns = [.. view.Schema];
        using DataViewRowCursor all = view.GetRowCursor(columns);
        DataViewRowCursor[] singles = [.. columns.Select(column => view.GetRowCursor([column]))];
        Action[] comparisons = [.. columns.Select((column, i) => CreateComparison(all, column, singles[i], singles[i].Schema[column.Index]))];
        try
        {
            while (all.MoveNext())
            {
                foreach (DataViewRowCursor single in singles)
                    Assert.True(single.MoveNext());
                foreach (Action compare in comparisons)
                    compare();
            }

            Assert.All(singles, single => Assert.False(single.MoveNext()));
        }
        finally
        {
            foreach (DataViewRowCursor single in singles)
                single.Dispose();
        }
    }

    /// <summary>Checks that two views hold the same rows, values and ids in some columns; the second one may be read with more of them.</summary>
    public static void CheckSameRows(
        IDataView expected, IEnumerable<DataViewSchema.Column> expectedColumns, IDataView actual, IEnumerable<DataViewSchema.Column> actualColumns)
    {
        DataViewSchema.Column[] own = [.. expectedColumns], other = [.. actualColumns];
        using DataViewRowCursor first = expected.GetRowCursor(own);
        using DataViewRowCursor second = actual.GetRowCursor(other);
        foreach (DataViewSchema.Column column in expected.Schema)
            Assert.True(first.IsColumnActive(column) || !own.Any(active => active.Index == column.Index));
        Action[] comparisons = [.. own.Select((column, i) => CreateComparison(first, column, second, other[i]))];
        ValueGetter<DataViewRowId> firstId = first.GetIdGetter(), secondId = second.GetIdGetter();
        var ids = new HashSet<DataViewRowId>();
        Assert.Equal(-1, first.Position);
        for (long position = 0; first.MoveNext(); position++)
        {
            Assert.True(second.MoveNext());
            Assert.Equal(position, first.Position);
            Assert.Equal(position, second.Position);
            DataViewRowId id = default, otherId = default;
            firstId(ref id);
            secondId(ref otherId);
            Assert.Equal(id, otherId);
            Assert.True(ids.Add(id), $"Two rows have the id {id}.");
            foreach (Action compare in comparisons)
                compare();
        }

        Assert.False(second.MoveNext());
        Assert.False(first.MoveNext());
        Assert.Equal(-1, first.Position);
    }

    private static Action CreateComparison(DataViewRow first, DataViewSchema.Column column, DataViewRow second, DataViewSchema.Column other)
    {
        bool isVector = column.Type is VectorDataViewType;
        Type type = isVector ? ((VectorDataViewType)column.Type).ItemType.RawType : column.Type.RawType;
        MethodInfo method = typeof(EstimatorWorkout)
            .GetMethod(isVector ? nameof(CompareVectors) : nameof(CompareValues), BindingFlags.NonPublic | BindingFlags.Static)!;
        return (Action)method.MakeGenericMethod(type).Invoke(null, [first, column, second, other])!;
    }

    private static Action CompareValues<T>(DataViewRow first, DataViewSchema.Column column, DataViewRow second, DataViewSchema.Column other)
    {
        ValueGetter<T> own = first.GetGetter<T>(column), its = second.GetGetter<T>(other);
        T expected = default!, actual = default!;
        return () =>
        {
            own(ref expected);
            its(ref actual);
            Assert.Equal(Comparable(expected), Comparable(actual));
        };
    }

    private static Action CompareVectors<T>(DataViewRow first, DataViewSchema.Column column, DataViewRow second, DataViewSchema.Column other)
    {
        ValueGetter<VBuffer<T>> own = first.GetGetter<VBuffer<T>>(column), its = second.GetGetter<VBuffer<T>>(other);
        VBuffer<T> expected = default, actual = default;
        return () =>
        {
            own(ref expected);
            its(ref actual);
            Assert.Equal(expected.DenseValues().Select(Comparable), actual.DenseValues().Select(Comparable));
        };
    }

    /// <summary>Numbers count by their bits, so that missing values are equal; text counts by its characters.</summary>
    private static object? Comparable<T>(T value) => value switch
    {
        float number => BitConverter.SingleToInt32Bits(number),
        double number => BitConverter.DoubleToInt64Bits(number),
        ReadOnlyMemory<char> text => text.ToString(),
        _ => value,
    };

    private static void CheckSameAnnotations(DataViewSchema.Annotations expected, DataViewSchema.Annotations actual)
    {
        Assert.Equal(expected.Schema.Select(column => column.Name).Order(), actual.Schema.Select(column => column.Name).Order());
        foreach (DataViewSchema.Column column in expected.Schema)
        {
            Assert.Equal(column.Type, actual.Schema[column.Name].Type);
            bool isVector = column.Type is VectorDataViewType;
            Type type = isVector ? ((VectorDataViewType)column.Type).ItemType.RawType : column.Type.RawType;
            MethodInfo method = typeof(EstimatorWorkout)
                .GetMethod(isVector ? nameof(CheckVectorAnnotation) : nameof(CheckAnnotation), BindingFlags.NonPublic | BindingFlags.Static)!;
            method.MakeGenericMethod(type).Invoke(null, [expected, actual, column.Name]);
        }
    }

    private static void CheckAnnotation<T>(DataViewSchema.Annotations expected, DataViewSchema.Annotations actual, string kind)
    {
        T own = default!, its = default!;
        expected.GetValue(kind, ref own);
        actual.GetValue(kind, ref its);
        Assert.Equal(Comparable(own), Comparable(its));
    }

    private static void CheckVectorAnnotation<T>(DataViewSchema.Annotations expected, DataViewSchema.Annotations actual, string kind)
    {
        VBuffer<T> own = default, its = default;
        expected.GetValue(kind, ref own);
        actual.GetValue(kind, ref its);
        Assert.Equal(own.DenseValues().Select(Comparable), its.DenseValues().Select(Comparable));
    }

    private static void CheckSameShape(SchemaShape promised, SchemaShape delivered)
    {
        Assert.Equal(promised.Select(Describe).Order(), delivered.Select(Describe).Order());

        static string Describe(SchemaShape.Column column) =>
            $"{column.Name}: {column.Kind} {column.ItemType}{(column.IsKey ? " key" : "")} [{string.Join("; ", column.Annotations.Select(Describe).Order())}]";
    }

    /// <summary>Bad input must be refused with an exception that ML.NET marks as its own.</summary>
    private static void MustFail(Action action)
    {
        Exception? exception = Record.Exception(action);
        Assert.NotNull(exception);
        while (exception is TargetInvocationException { InnerException: { } inner })
            exception = inner;
        Assert.True(exception is ArgumentOutOfRangeException or InvalidOperationException, $"{exception}");
        Assert.True(exception.Data.Contains("ML_IsMarked"), $"The exception is not marked: {exception}");
    }

    private static IEnumerable<IDataView> Present(params IDataView?[] views) => views.OfType<IDataView>();
}
