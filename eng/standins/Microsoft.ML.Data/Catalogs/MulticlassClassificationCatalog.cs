using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Training and evaluation of classifiers of more than two classes.</summary>
public sealed class MulticlassClassificationCatalog : TrainCatalogBase
{
    internal MulticlassClassificationCatalog(IHostEnvironment env)
        : base(env, nameof(MulticlassClassificationCatalog))
    {
    }
}
