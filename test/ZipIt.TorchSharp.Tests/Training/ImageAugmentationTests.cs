namespace ZipIt.TorchSharp.Tests.Training;

public sealed class ImageAugmentationTests
{
    private static readonly int[] Shape = [2, 2, 3];
    private static readonly float[] Image = [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60];

    [Fact]
    public void Apply_Nothing_CopiesTheImage() => Assert.Equal(Image, Apply(new ImageAugmentation(false, 0, [0, 0]), new Random(1)));

    [Fact]
    public void Apply_Flips_GivesTheImageOrItsMirrorImage()
    {
        float[] mirrored = [3, 2, 1, 6, 5, 4, 30, 20, 10, 60, 50, 40];
        var random = new Random(1);
        int flipped = Enumerable.Range(0, 100).Count(_ =>
        {
            float[] variant = Apply(new ImageAugmentation(true, 0, [0, 0]), random);
            Assert.True(variant.SequenceEqual(Image) || variant.SequenceEqual(mirrored));
            return variant.SequenceEqual(mirrored);
        });
        Assert.InRange(flipped, 30, 70);
    }

    [Fact]
    public void Apply_Padding_MovesAllChannelsAlikeAndFillsUp()
    {
        var random = new Random(1);
        var seen = new HashSet<(int, int)>();
        for (int i = 0; i < 200; i++)
        {
            float[] variant = Apply(new ImageAugmentation(false, 1, [-1, -2]), random);
            (int down, int right) = seen.FirstOrDefault(move => Matches(variant, move), (9, 9));
            for (int d = -1; d <= 1 && down == 9; d++)
            {
                for (int r = -1; r <= 1 && down == 9; r++)
                {
                    if (Matches(variant, (d, r)))
                        (down, right) = (d, r);
                }
            }

            Assert.NotEqual(9, down);
            seen.Add((down, right));
        }

        Assert.Equal(9, seen.Count);

        static bool Matches(float[] variant, (int Down, int Right) move)
        {
            for (int i = 0; i < variant.Length; i++)
            {
                (int c, int y, int x) = (i / 6, i / 3 % 2 + move.Down, i % 3 + move.Right);
                float expected = y is >= 0 and < 2 && x is >= 0 and < 3 ? Image[c * 6 + y * 3 + x] : -1 - c;
                if (variant[i] != expected)
                    return false;
            }

            return true;
        }
    }

    private static float[] Apply(ImageAugmentation augmentation, Random random)
    {
        var variant = new float[Image.Length];
        augmentation.Apply(random, Shape, Image, variant);
        return variant;
    }
}
