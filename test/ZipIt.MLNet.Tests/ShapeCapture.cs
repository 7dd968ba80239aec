using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// Gets the <see cref="SchemaShape"/> of a schema, for which ML.NET has no public method: a chain of estimators shows it to its members before it fits them.
/// </summary>
public static class ShapeCapture
{
    /// <summary>The shape of a view's schema.</summary>
    public static SchemaShape Of(IDataView view)
    {
        var witness = new Witness();
        try
        {
            new EstimatorChain<ITransformer>().Append(witness).Fit(view);
        }
        catch (Exception) when (witness.Shape is not null)
        {
            // The witness refuses to be fitted; all it wanted was the shape.
        }

        return witness.Shape ?? throw new InvalidOperationException("The chain did not show the shape.");
    }

    private sealed class Witness : IEstimator<ITransformer>
    {
        public SchemaShape? Shape { get; private set; }

        public ITransformer Fit(IDataView input) => throw new NotSupportedException("This estimator only looks at schemas.");

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Shape = inputSchema;
    }
}
