using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>Adds the columns of a zipped model to single rows.</summary>
internal sealed class ScoringMapper(ScoringBinding binding) : IRowToRowMapper
{
    public DataViewSchema InputSchema => binding.InputSchema;

    public DataViewSchema OutputSchema => binding.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        binding.ReadFor(binding.Activate(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        if (input is null)
            throw binding.Host.Process(new ArgumentNullException(nameof(input)));
        if (input.Schema != InputSchema)
            throw binding.Host.Process(new ArgumentOutOfRangeException(nameof(input), "The row has another schema than the one that the mapper was made for."));
        return new ScoredRow(binding, input, binding.Activate(activeColumns));
    }
}
