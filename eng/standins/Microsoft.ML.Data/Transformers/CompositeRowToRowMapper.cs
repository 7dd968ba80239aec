using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Mappers applied one after the other to the same row.</summary>
[BestFriend]
internal sealed class CompositeRowToRowMapper : IRowToRowMapper, IDisposable
{
    /// <summary>Composes mappers, each bound to the output schema of the one before.</summary>
    public CompositeRowToRowMapper(DataViewSchema inputSchema, IRowToRowMapper[] mappers)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        InputSchema = inputSchema;
        InnerMappers = mappers ?? [];
        OutputSchema = InnerMappers.Length > 0 ? InnerMappers[^1].OutputSchema : inputSchema;
    }

    /// <inheritdoc/>
    public DataViewSchema InputSchema { get; }

    /// <inheritdoc/>
    public DataViewSchema OutputSchema { get; }

    [BestFriend]
    internal IRowToRowMapper[] InnerMappers { get; }

    /// <summary>Disposes the mappers that can be disposed.</summary>
    public void Dispose()
    {
        foreach (IRowToRowMapper mapper in InnerMappers)
            (mapper as IDisposable)?.Dispose();
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> columnsNeeded) =>
        InnerMappers.Reverse().Aggregate(columnsNeeded, (needed, mapper) => mapper.GetDependencies(needed));

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckValue(activeColumns, nameof(activeColumns));
        Contracts.CheckParam(
            input.Schema == InputSchema, nameof(input), "The schema of the input row must be the same object as the schema that the mapper is bound to.");

        // Backwards: which columns of each mapper's output the later ones need. Forwards: the rows.
        var active = new IEnumerable<DataViewSchema.Column>[InnerMappers.Length];
        IEnumerable<DataViewSchema.Column> needed = activeColumns;
        for (int i = InnerMappers.Length - 1; i >= 0; i--)
        {
            active[i] = [.. needed];
            needed = InnerMappers[i].GetDependencies(active[i]);
        }
        DataViewRow row = input;
        for (int i = 0; i < InnerMappers.Length; i++)
            row = InnerMappers[i].GetRow(row, active[i]);
        return row;
    }
}
