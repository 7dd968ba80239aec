using System.Runtime.InteropServices;

namespace ZipIt.MLNet;

/// <summary>
/// A 64-bit number for the pixels of an image: two images that differ in any value have the same one by chance only (1 : 2⁶⁴). Fast rather than safe from
/// somebody who looks for such a pair.
/// </summary>
internal static class ImageHash
{
    private const ulong Factor = 0x9E3779B97F4A7C15; // odd: each step can be undone, so that a change of one word is never lost

    /// <summary>Puts an image behind others.</summary>
    /// <param name="before">Hash of the images before.</param>
    /// <param name="pixels">The pixels; their bits count.</param>
    public static ulong Append(ulong before, ReadOnlySpan<float> pixels)
    {
        // Four chains of multiplications run side by side: one alone would wait for each result.
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<float, ulong>(pixels);
        (ulong a, ulong b, ulong c, ulong d) = (before, 1UL, 2UL, 3UL);
        int i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = Mix(a, words[i]);
            b = Mix(b, words[i + 1]);
            c = Mix(c, words[i + 2]);
            d = Mix(d, words[i + 3]);
        }

        for (; i < words.Length; i++)
            a = Mix(a, words[i]);
        if (pixels.Length % 2 == 1)
            a = Mix(a, BitConverter.SingleToUInt32Bits(pixels[^1]));
        return Mix(Mix(Mix(Mix(a, b), c), d), (ulong)pixels.Length);
    }

    private static ulong Mix(ulong hash, ulong word)
    {
        ulong mixed = (hash ^ word) * Factor;
        return mixed ^ (mixed >> 32);
    }
}
