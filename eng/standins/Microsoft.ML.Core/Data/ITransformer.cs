using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Turns data views into data views.</summary>
public interface ITransformer : ICanSaveModel
{
    /// <summary>Whether each output row depends on one input row only, so that <see cref="GetRowToRowMapper"/> works.</summary>
    bool IsRowToRowMapper { get; }

    /// <summary>The columns of <see cref="Transform"/>'s result; throws if the input does not fit.</summary>
    DataViewSchema GetOutputSchema(DataViewSchema inputSchema);

    /// <summary>The result for <paramref name="input"/>; no data is read before a cursor is opened on it.</summary>
    IDataView Transform(IDataView input);

    /// <summary>The transformer as a function of single rows.</summary>
    IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema);
}
