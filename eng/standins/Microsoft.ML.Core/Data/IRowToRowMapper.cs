namespace Microsoft.ML.Data;

/// <summary>A function of single rows, bound to an input schema.</summary>
public interface IRowToRowMapper
{
    /// <summary>The columns of the input rows.</summary>
    DataViewSchema InputSchema { get; }

    /// <summary>The columns of the output rows.</summary>
    DataViewSchema OutputSchema { get; }

    /// <summary>The input columns that the given output columns need.</summary>
    IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns);

    /// <summary>A row over <paramref name="input"/>, whose getters follow it as it moves.</summary>
    DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns);
}
