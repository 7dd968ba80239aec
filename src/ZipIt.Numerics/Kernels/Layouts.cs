namespace ZipIt.Numerics;

/// <summary>Changes between [channels, pixels] and [pixels, channels].</summary>
internal static unsafe class Layouts
{
    /// <summary>Pixels that are moved together, so that what they read and write stays in the nearest cache.</summary>
    private const int TilePixels = 64;

    /// <summary>[channels, pixels] → [pixels, channels].</summary>
    public static void ToChannelsLast(float* source, float* target, int channels, int pixels) => Transpose(source, target, channels, pixels);

    /// <summary>[pixels, channels] → [channels, pixels].</summary>
    public static void ToChannelsFirst(float* source, float* target, int channels, int pixels) => Transpose(source, target, pixels, channels);

    /// <summary>[rows, columns] → [columns, rows].</summary>
    private static void Transpose(float* source, float* target, int rows, int columns)
    {
        for (int first = 0; first < columns; first += TilePixels)
        {
            int last = Math.Min(first + TilePixels, columns);
            for (int row = 0; row < rows; row++)
            {
                float* from = source + (nint)row * columns;
                float* to = target + row;
                for (int column = first; column < last; column++)
                    to[(nint)column * rows] = from[column];
            }
        }
    }
}
