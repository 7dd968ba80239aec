using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Friend;

/// <summary>
/// A scored view as one of ML.NET's transforms, which know what they were applied to. Those who walk back through a pipeline see it that way and do not take it
/// for the source of the data: <c>ConvertToOnnx</c> refuses the pipeline rather than leave the network out.
/// </summary>
internal sealed class ScoredDataTransform(ScoringBinding binding, IDataView input, ICanSaveModel transformer) : ScoredDataView(binding, input), IDataTransform
{
    void ICanSaveModel.Save(ModelSaveContext ctx) => transformer.Save(ctx);
}
