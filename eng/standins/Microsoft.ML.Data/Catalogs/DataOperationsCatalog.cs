using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Makes, splits and filters data views.</summary>
public sealed class DataOperationsCatalog : IInternalCatalog
{
    private readonly IHostEnvironment _env;

    internal DataOperationsCatalog(IHostEnvironment env)
    {
        Contracts.CheckValue(env, nameof(env));
        _env = env;
    }

    IHostEnvironment IInternalCatalog.Environment => _env;

    /// <summary>A view of objects, whose members are its columns. The sequence is enumerated once for each cursor.</summary>
    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, SchemaDefinition schemaDefinition = null)
        where TRow : class
    {
        _env.CheckValue(data, nameof(data));
        return new EnumerableDataView<TRow>(_env, data, schemaDefinition);
    }

    /// <summary>A view of objects whose columns have the types and annotations of a given schema.</summary>
    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, DataViewSchema schema)
        where TRow : class
    {
        _env.CheckValue(data, nameof(data));
        _env.CheckValue(schema, nameof(schema));
        return new EnumerableDataView<TRow>(_env, data, RowBinding<TRow>.DefinitionFor(schema));
    }

    /// <summary>The rows of a view as objects.</summary>
    public IEnumerable<TRow> CreateEnumerable<TRow>(
        IDataView data, bool reuseRowObject, bool ignoreMissingColumns = false, SchemaDefinition schemaDefinition = null)
        where TRow : class, new()
    {
        _env.CheckValue(data, nameof(data));
        return new TypedRows<TRow>(_env, data, reuseRowObject, ignoreMissingColumns, schemaDefinition);
    }

    /// <summary>Keeps a view in memory. The named columns are read at once, the others when they are first needed; images are left out.</summary>
    public IDataView Cache(IDataView input, params string[] columnsToPrefetch)
    {
        _env.CheckValue(input, nameof(input));
        int[] prefetch = [.. (columnsToPrefetch ?? []).Select(name => Find(input.Schema, name).Index)];
        return new CacheDataView(_env, input, prefetch);
    }

    /// <summary>The rows in random order, as far as a pool of rows allows. Images are left out.</summary>
    /// <param name="input">The view.</param>
    /// <param name="seed">The seed of the order, by default the context's.</param>
    /// <param name="shufflePoolSize">The number of rows among which the next one is drawn.</param>
    /// <param name="shuffleSource">Whether the view itself is read in random order if it can be.</param>
    public IDataView ShuffleRows(IDataView input, int? seed = null, int shufflePoolSize = 1000, bool shuffleSource = true)
    {
        _env.CheckValue(input, nameof(input));
        _env.CheckUserArg(shufflePoolSize > 0, nameof(shufflePoolSize), "Must be positive");
        return new ShuffledDataView(_env, input, seed ?? NextSeed(nameof(ShuffleRows)), shufflePoolSize, shuffleSource);
    }

    /// <summary>The first rows.</summary>
    public IDataView TakeRows(IDataView input, long count)
    {
        _env.CheckValue(input, nameof(input));
        _env.CheckUserArg(count >= 0, nameof(count), "Must be greater than or equal to zero.");
        return new RowRangeDataView(_env, input, 0, count);
    }

    /// <summary>All but the first rows.</summary>
    public IDataView SkipRows(IDataView input, long count)
    {
        _env.CheckValue(input, nameof(input));
        _env.CheckUserArg(count >= 0, nameof(count), "Must be greater than or equal to zero.");
        return new RowRangeDataView(_env, input, count, long.MaxValue);
    }

    /// <summary>The rows in which a number lies within bounds, the lower one included.</summary>
    public IDataView FilterRowsByColumn(
        IDataView input, string columnName, double lowerBound = double.NegativeInfinity, double upperBound = double.PositiveInfinity)
    {
        _env.CheckValue(input, nameof(input));
        DataViewSchema.Column column = Find(input.Schema, columnName);
        if (!column.Type.Equals(NumberDataViewType.Single) && !column.Type.Equals(NumberDataViewType.Double))
            throw _env.ExceptSchemaMismatch(nameof(columnName), "filter", columnName, "a Single or a Double", column.Type.ToString());
        bool IsWithin(double value) => value >= lowerBound && value < upperBound;
        return new FilteredDataView(_env, input, [column], row => column.Type.RawType == typeof(float)
            ? RowTests.OnValue<float>(row, column, value => IsWithin(value))
            : RowTests.OnValue<double>(row, column, IsWithin));
    }

    /// <summary>The rows whose key lies in a part of all keys: each key stands for an equal part of the range from 0 to 1.</summary>
    public IDataView FilterRowsByKeyColumnFraction(IDataView input, string columnName, double lowerBound = 0, double upperBound = 1)
    {
        _env.CheckValue(input, nameof(input));
        _env.CheckParam(lowerBound is >= 0 and <= 1, nameof(lowerBound), "Must be in [0, 1]");
        _env.CheckParam(upperBound is >= 0 and <= 2, nameof(upperBound), "Must be in [0, 2]");
        _env.CheckParam(lowerBound <= upperBound, nameof(upperBound), "Must be greater than or equal to lowerBound");
        DataViewSchema.Column column = Find(input.Schema, columnName);
        if (column.Type is not KeyDataViewType key)
            throw _env.ExceptSchemaMismatch(nameof(columnName), "filter", columnName, "a known cardinality key", column.Type.ToString());
        return new FilteredDataView(_env, input, [column], row => RowTests.OnKey(row, column, number =>
        {
            double fraction = (number - 0.5) / key.Count;
            return number > 0 && fraction >= lowerBound && fraction < upperBound;
        }));
    }

    /// <summary>The rows in which no value of the columns is missing: NaN, or the key 0.</summary>
    public IDataView FilterRowsByMissingValues(IDataView input, params string[] columns)
    {
        _env.CheckValue(input, nameof(input));
        _env.CheckUserArg(columns is { Length: > 0 }, nameof(columns));
        DataViewSchema.Column[] tested = [.. columns.Select(name => Find(input.Schema, name))];
        return new FilteredDataView(_env, input, tested, row =>
        {
            Func<bool>[] tests = [.. tested.Select(column => RowTests.HasValue(row, column))];
            return () => Array.TrueForAll(tests, test => test());
        });
    }

    /// <summary>Splits the rows at random into those to train with and those to test with.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="testFraction">The part to test with.</param>
    /// <param name="samplingKeyColumnName">A column; rows with the same value in it go to the same part.</param>
    /// <param name="seed">The seed of the split, by default the context's.</param>
    public TrainTestData TrainTestSplit(IDataView data, double testFraction = 0.1, string samplingKeyColumnName = null, int? seed = null)
    {
        _env.CheckValue(data, nameof(data));
        _env.CheckParam(testFraction is > 0 and < 1, nameof(testFraction), "Must be between 0 and 1 exclusive");
        int splitSeed = seed ?? (_env as IHostEnvironmentInternal)?.Seed ?? NextSeed(nameof(TrainTestSplit));
        DataViewSchema.Column? key = samplingKeyColumnName == null ? null : Find(data.Schema, samplingKeyColumnName);
        IReadOnlyList<DataViewSchema.Column> tested = key is { } column ? [column] : [];
        IDataView Part(Func<double, bool> belongs) => new FilteredDataView(_env, data, tested, row =>
        {
            Func<double> place = RowTests.PlaceOf(row, key, splitSeed);
            return () => belongs(place());
        });
        return new TrainTestData(Part(place => place >= testFraction), Part(place => place < testFraction));
    }

    private DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        _env.CheckNonEmpty(name, nameof(name));
        return schema.GetColumnOrNull(name) ?? throw _env.ExceptSchemaMismatch("columnName", "input", name);
    }

    private int NextSeed(string purpose) => _env.Register(purpose).Rand.Next();

    /// <summary>The two parts of a split.</summary>
    public struct TrainTestData
    {
        /// <summary>The rows to train with.</summary>
        public readonly IDataView TrainSet;

        /// <summary>The rows to test with.</summary>
        public readonly IDataView TestSet;

        internal TrainTestData(IDataView trainSet, IDataView testSet)
        {
            TrainSet = trainSet;
            TestSet = testSet;
        }
    }
}
