namespace ZipIt.Networks;

/// <summary>
/// Is declared by layers that do one multiplication and one addition per channel, y = scale·x + shift, and nothing else. They can be folded into the weights
/// before them, and follow each other as one.
/// </summary>
public interface IAffineLayer
{
    /// <summary>Number of channels.</summary>
    int Channels { get; }

    /// <summary>The factor and the summand of one channel.</summary>
    /// <param name="channel">Number of the channel.</param>
    (double Scale, double Shift) GetAffine(int channel);
}
