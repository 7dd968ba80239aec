using Reproduction.Data;
using Reproduction.Training;

namespace Reproduction.DataSets;

/// <summary>A task: its images, and the classifier that is made for it.</summary>
/// <param name="Data">Images of its classes.</param>
/// <param name="Classifier">The classifier.</param>
internal sealed record TaskPlan(DataSet Data, ClassifierPlan Classifier)
{
    /// <summary>Plans a classifier of a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="network">Kind of network.</param>
    /// <param name="number">Number of the task; no two of a group have the same.</param>
    /// <param name="trainingImages">Most images to train with; null for all.</param>
    public static TaskPlan Create(DataSet data, ResNetChoice network, int number, int? trainingImages) => new(
        data,
        new ClassifierPlan($"{data.Name}-{network.Name}-classes", data.Name, data.Training.Take(trainingImages), network.Architecture) { Seed = 1 + number });
}
