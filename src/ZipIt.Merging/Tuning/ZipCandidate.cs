using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>One combination of matcher and cut that a <see cref="ZipTuner"/> tried.</summary>
/// <param name="Options">How to zip to get the network: the same calibration images give the same one.</param>
/// <param name="Cost">What the network costs.</param>
/// <param name="Evaluation">
/// Its accuracies on the held-out images; where the ensemble gave the labels, shares of images on which network and ensemble agree. Null without held-out
/// images.
/// </param>
public sealed record ZipCandidate(ZipOptions Options, NetworkCost Cost, ZipEvaluation? Evaluation)
{
    /// <summary>
    /// Joint accuracy that it loses against the ensemble, estimated on the calibration images without labels; see <see cref="ZipReport.Loss"/>.
    /// </summary>
    public double? Loss { get; init; }

    /// <summary>
    /// What candidates are ranked by, from 0 to 1: the joint accuracy, or the agreement with the ensemble; without held-out images 1 − <see cref="Loss"/>.
    /// </summary>
    public double Score => Evaluation?.JointAccuracy ?? 1 - Loss ?? 0;
}
