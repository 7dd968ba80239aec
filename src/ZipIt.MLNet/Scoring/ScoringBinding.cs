using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet;

/// <summary>A zipped model bound to the schema of its input.</summary>
internal sealed class ScoringBinding
{
    /// <summary>Binds.</summary>
    /// <param name="host">Marks exceptions.</param>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <param name="inputColumnName">Name of the pixel column.</param>
    /// <param name="outputs">The columns to add.</param>
    /// <param name="model">What computes them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel column is missing, or has the wrong type.</exception>
    public ScoringBinding(IHost host, DataViewSchema inputSchema, string inputColumnName, OutputColumns outputs, ScoringModel model)
    {
        Pixels = PixelColumn.Find(host, inputSchema, inputColumnName, model.ImageShape);
        (Host, InputSchema, Outputs, Model) = (host, inputSchema, outputs, model);
        OutputSchema = outputs.AddTo(inputSchema);
    }

    public IHost Host { get; }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>The pixel column of <see cref="InputSchema"/>.</summary>
    public DataViewSchema.Column Pixels { get; }

    public OutputColumns Outputs { get; }

    public ScoringModel Model { get; }

    /// <summary>For each column of the output schema whether it is asked for. Columns count by their index, as everywhere in ML.NET.</summary>
    public bool[] Activate(IEnumerable<DataViewSchema.Column> columns)
    {
        if (columns is null)
            throw Host.Process(new ArgumentNullException(nameof(columns)));
        var active = new bool[OutputSchema.Count];
        foreach (DataViewSchema.Column column in columns)
        {
            if (column.Index >= active.Length)
                throw Host.Process(new ArgumentOutOfRangeException(nameof(columns),
                    $"The schema has {active.Length} columns, so there is none with index {column.Index}, '{column.Name}'."));
            active[column.Index] = true;
        }

        return active;
    }

    public bool NeedsScores(bool[] active) => active.AsSpan(InputSchema.Count).Contains(true);

    public DataViewSchema.Column[] PassedThrough(bool[] active) => [.. InputSchema.Where(column => active[column.Index])];

    /// <summary>The columns of the input that must be read: those that are asked for, and the pixels if scores are.</summary>
    public DataViewSchema.Column[] ReadFor(bool[] active)
    {
        bool needsPixels = NeedsScores(active);
        return [.. InputSchema.Where(column => active[column.Index] || (needsPixels && column.Index == Pixels.Index))];
    }

    /// <summary>For each column of the output schema a getter if it is an added one and active, otherwise null.</summary>
    public Delegate?[] CreateGetters(bool[] active, ScoredImages images, Func<int> current)
    {
        var getters = new Delegate?[OutputSchema.Count];
        for (int i = 0; i < Outputs.Count; i++)
        {
            if (active[InputSchema.Count + i])
                getters[InputSchema.Count + i] = Outputs.CreateGetter(i, images, current);
        }

        return getters;
    }

    /// <summary>The getter of a column: one of ours, or else the input's own.</summary>
    /// <exception cref="InvalidOperationException">The column is not active, or has values of another type.</exception>
    public ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column, bool[] active, DataViewRow input, Delegate?[] getters)
    {
        if (!IsActive(column, active))
            throw Host.Process(new InvalidOperationException($"The column '{column.Name}' is not active in this cursor."));
        if (getters[column.Index] is not { } getter)
            return input.GetGetter<TValue>(InputSchema[column.Index]);
        return getter as ValueGetter<TValue>
            ?? throw Host.Process(new InvalidOperationException(
                $"The column '{column.Name}' has values of type {OutputSchema[column.Index].Type.RawType}, not {typeof(TValue)}."));
    }

    public bool IsActive(DataViewSchema.Column column, bool[] active) => column.Index < active.Length
        ? active[column.Index]
        : throw Host.Process(new ArgumentOutOfRangeException(nameof(column), $"The schema has no column with index {column.Index}."));
}
