using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// What a network may cost for one image. A file of a kilobyte can describe a network that takes gigabytes or hours; a session is refused, with the node's
/// name, before it allocates or computes anything. The number of images is the caller's choice and does not count.
/// </summary>
/// <remarks>
/// An application that runs larger networks raises the limits of a session with <see cref="SessionOptions.Limits"/>, or those of all its sessions with the
/// settings
/// <c>ZipIt.Networks.ImageBytes</c> and <c>ZipIt.Networks.ImageOperations</c> in <c>runtimeconfig.template.json</c> or with <see cref="AppContext.SetData"/>.
/// </remarks>
public sealed record SessionLimits
{
    /// <summary>Memory of one image that every network may take, in bytes: 48 MiB.</summary>
    public const long DefaultImageBytes = 48L << 20;

    /// <summary>
    /// Operations for one image that every network may take: 96 billion, 30 times those of a ResNet-50 on 224 pixels, or a few seconds of one processor core.
    /// </summary>
    public const long DefaultImageOperations = 96_000_000_000;

    /// <summary>How often a network may take the bytes of its own weights in addition: their packed form can be four times as large.</summary>
    internal const int WeightFactor = 5;

    /// <summary>The limits of sessions that name none: those of the application's settings, or the constants.</summary>
    public static SessionLimits Default => new()
    {
        ImageBytes = ReadSetting(nameof(ImageBytes), DefaultImageBytes),
        ImageOperations = ReadSetting(nameof(ImageOperations), DefaultImageOperations),
    };

    /// <summary>No limits: for networks that were made by the application itself.</summary>
    public static SessionLimits None { get; } = new() { ImageBytes = long.MaxValue / 2, ImageOperations = long.MaxValue };

    /// <summary>
    /// Largest number of bytes that the values of one image and the packed weights may take, beyond five times the bytes of the network's weights. Taps do not
    /// count. Default <see cref="DefaultImageBytes"/>.
    /// </summary>
    public long ImageBytes { get; init; } = DefaultImageBytes;

    /// <summary>
    /// Largest number of operations for one image, in units of a multiply-add of a large convolution; layers that use the processor less well count more.
    /// Default
    /// <see cref="DefaultImageOperations"/>.
    /// </summary>
    public long ImageOperations { get; init; } = DefaultImageOperations;

    private static long ReadSetting(string name, long otherwise) =>
        long.TryParse(Convert.ToString(AppContext.GetData($"ZipIt.Networks.{name}"), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture,
            out long value) && value >= 0
            ? value
            : otherwise;
}
