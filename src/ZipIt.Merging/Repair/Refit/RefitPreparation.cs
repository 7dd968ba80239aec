namespace ZipIt.Merging;

/// <summary>What can be done for a refit before features are matched.</summary>
/// <param name="Images">The calibration images.</param>
/// <param name="Samples">Where members are to be sampled while they run for the statistics; null if that takes too much memory.</param>
internal sealed record RefitPreparation(CalibrationImages Images, MemberSamples? Samples);
