namespace ZipIt.Merging;

/// <summary>How well one layer of the zipped network gives the features that it stands for, before and after the refit.</summary>
/// <param name="Name">Name of the layer, or of the residual sum that it completes.</param>
/// <param name="Unknowns">Number of weights per output channel.</param>
/// <param name="Samples">Number of samples (image pixels) that they were fitted to.</param>
/// <param name="Ridge">Ridge as a fraction of the mean variance of the inputs.</param>
/// <param name="ErrorBefore">
/// Squared error of the features after the activation as a fraction of their variance, with the weights of the zip on the refitted layers' features, scale and
/// shift of each channel set as well as possible (what a reset of batch normalization would do). Measured on every eighth image.
/// </param>
/// <param name="ErrorAfter">
/// The same with the refitted weights. Of two layers that were fitted together in rounds (<see cref="RefitOptions.PairRounds"/>), the first one's is that
/// before the rounds, which are free to change its features; the second one's is that after them, on the images that they worked on.
/// </param>
public sealed record LayerReport(string Name, int Unknowns, long Samples, double Ridge, double ErrorBefore, double ErrorAfter);
