namespace ZipIt.TorchSharp;

/// <summary>Shows an image a little different each time: flipped, and cropped out of a padded one (He et al. 2016, section 4.2).</summary>
/// <param name="flips">Whether half of the images are flipped from left to right.</param>
/// <param name="padding">Number of pixels that are added on each side before an image of the old size is cropped; 0 for none.</param>
/// <param name="fill">Value of the added pixels of each channel.</param>
internal sealed class ImageAugmentation(bool flips, int padding, float[] fill)
{
    /// <summary>Draws a variant of an image.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="shape">Shape of the image: [channels, height, width].</param>
    /// <param name="image">The image.</param>
    /// <param name="target">Receives the variant.</param>
    public void Apply(Random random, IReadOnlyList<int> shape, ReadOnlySpan<float> image, Span<float> target)
    {
        (int channels, int height, int width) = (shape[0], shape[1], shape[2]);
        int down = padding == 0 ? 0 : random.Next(2 * padding + 1) - padding;
        int right = padding == 0 ? 0 : random.Next(2 * padding + 1) - padding;
        bool isFlipped = flips && random.Next(2) == 1;
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < height; y++)
            {
                Span<float> row = target.Slice((c * height + y) * width, width);
                if (y + down < 0 || y + down >= height)
                {
                    row.Fill(fill[c]);
                    continue;
                }

                ReadOnlySpan<float> source = image.Slice((c * height + y + down) * width, width);
                for (int x = 0; x < width; x++)
                    row[x] = x + right >= 0 && x + right < width ? source[x + right] : fill[c];
                if (isFlipped)
                    row.Reverse();
            }
        }
    }
}
