using FsCheck;
using FsCheck.Fluent;

namespace ZipIt.MLNet.Tests;

public sealed class ImageSequenceTests
{
    [Fact]
    public void Append_AnyBitOfAnyValue_ChangesTheHash() => Prop.ForAll(
        (from values in Gen.Choose(-1000, 1000).Select(value => value / 8f).ArrayOf().Where(values => values.Length > 0)
         from index in Gen.Choose(0, values.Length - 1)
         from bit in Gen.Choose(0, 31)
         select (values, index, bit)).ToArbitrary(),
        sample =>
        {
            float[] other = [.. sample.values];
            other[sample.index] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(other[sample.index]) ^ (1 << sample.bit));
            return ImageHash.Append(5, sample.values) != ImageHash.Append(5, other)
                && ImageHash.Append(5, sample.values) == ImageHash.Append(5, [.. sample.values])
                && ImageHash.Append(5, sample.values) != ImageHash.Append(6, sample.values);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Append_TwoValuesThatChangePlaces_ChangeTheHash()
    {
        float[] values = [.. Enumerable.Range(0, 27).Select(i => (float)i)];
        ulong hash = ImageHash.Append(0, values);
        var seen = new HashSet<ulong> { hash };
        for (int i = 0; i < values.Length; i++)
        {
            for (int j = i + 1; j < values.Length; j++)
            {
                (values[i], values[j]) = (values[j], values[i]);
                Assert.True(seen.Add(ImageHash.Append(0, values)));
                (values[i], values[j]) = (values[j], values[i]);
            }
        }
    }

    [Fact]
    public void Append_BlackImagesOfSeveralSizes_HaveSeveralHashes() =>
        Assert.Equal(50, Enumerable.Range(0, 50).Select(length => ImageHash.Append(0, new float[length])).Distinct().Count());

    [Theory]
    [InlineData(10)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(300_001)]
    public void Accept_TheSameImagesAgain_RecognizesThemAndAnyChange(int count)
    {
        var sequence = new ImageSequence();
        Assert.Null(FindRefused(sequence, count, null));
        Assert.Null(FindRefused(sequence, count, null));
        foreach (int changed in (int[])[0, 3, count / 2, count - 1])
        {
            int? refused = FindRefused(sequence, count, changed);
            Assert.InRange(refused!.Value, changed, changed + (count / 65_536 * 2));
        }
    }

    [Fact]
    public void Accept_PassThatEndsEarly_IsLearntAsFarAsItWent()
    {
        var sequence = new ImageSequence();
        Assert.Null(FindRefused(sequence, 5, null));
        Assert.Null(FindRefused(sequence, 9, null));
        Assert.Equal(7, FindRefused(sequence, 9, 7));
        Assert.Equal(2, FindRefused(sequence, 9, 2));
    }

    /// <summary>Reads images of one pixel, their number; one of them may be another. Returns the index of the first that is refused.</summary>
    private static int? FindRefused(ImageSequence sequence, int count, int? changed)
    {
        ImageSequence.Reading reading = sequence.Read();
        Span<float> pixel = stackalloc float[1];
        for (int i = 0; i < count; i++)
        {
            pixel[0] = i == changed ? -1 : i;
            if (!reading.Accept(pixel))
                return i;
        }

        return null;
    }
}
