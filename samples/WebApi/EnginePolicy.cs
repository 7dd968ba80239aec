using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace WebApi;

/// <summary>Makes prediction engines. Each serves one thread at a time; all share one model.</summary>
internal sealed class EnginePolicy(MLContext context, ITransformer model) : PooledObjectPolicy<PredictionEngine<ImageInput, ImageScores>>
{
    public override PredictionEngine<ImageInput, ImageScores> Create() =>
        context.Model.CreatePredictionEngine<ImageInput, ImageScores>(model, new PredictionEngineOptions { OwnsTransformer = false });

    public override bool Return(PredictionEngine<ImageInput, ImageScores> obj) => true;
}
