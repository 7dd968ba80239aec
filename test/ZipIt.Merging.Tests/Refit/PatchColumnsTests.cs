using FsCheck;
using FsCheck.Fluent;
using ZipIt.Networks;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class PatchColumnsTests
{
    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(20240601UL, 1UL);

    /// <summary>⟨Write(x), y⟩ = ⟨x, AddBack(y)⟩ for all x and y.</summary>
    [Fact]
    public void AddBack_AnyConvolution_IsTheTransposeOfWrite() => Check.One(Cases, Prop.ForAll(Problems(), problem =>
    {
        var draw = new NetworkGenerator(problem.Seed);
        var conv = new Conv2d(draw.DrawTensor(1, 1, problem.Channels, problem.Kernel.Height, problem.Kernel.Width), null, problem.Stride, problem.Padding,
            problem.Dilation);
        var node = new Node("conv", conv, new Node("image", new Input(problem.Channels, problem.Extent.Height, problem.Extent.Width)));
        int[] shape = [.. new Network(new Head("map", node)).ShapeOf(node)];
        var columns = new PatchColumns(conv, [problem.Channels, problem.Extent.Height, problem.Extent.Width], 0, 1);
        int pixels = shape[1] * shape[2];
        float[] image = draw.DrawValues(columns.InputLength), y = draw.DrawValues(pixels * columns.Count);
        var rows = new PanelMatrix(pixels, columns.Count);
        columns.Write(image, [.. Enumerable.Range(0, pixels)], shape[2], rows, 0, 0);
        float[] back = draw.DrawValues(columns.InputLength), before = [.. back];
        columns.AddBack(y, shape[2], back);

        double written = 0, added = 0;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int c = 0; c < columns.Count; c++)
                written += (double)rows.Slice(c / PanelMatrix.Width, pixel)[c % PanelMatrix.Width] * y[pixel * columns.Count + c];
        }

        for (int i = 0; i < image.Length; i++)
            added += image[i] * ((double)back[i] - before[i]);
        return Math.Abs(written - added) < 1e-4 * Math.Sqrt(y.Length);
    }));

    [Fact]
    public void AddBack_OverlappingPatches_AddsEveryTap()
    {
        // A 3×3 kernel with padding 1 sees the corner of a 3×3 image from four pixels, an edge from six, the centre from nine.
        var columns = new PatchColumns(new Conv2d(new Tensor(1, 1, 3, 3), null, 1, 1), [1, 3, 3], 0, 1);
        float[] ones = new float[9 * 9], image = new float[9];
        Array.Fill(ones, 1);
        columns.AddBack(ones, 3, image);

        Assert.Equal([4, 6, 4, 6, 9, 6, 4, 6, 4], image);
    }

    private static Arbitrary<Problem> Problems()
    {
        return Arb.From(
            from seed in Gen.Choose(0, 100000)
            from channels in Gen.Choose(1, 40)
            from kernel in Sizes(1, 3)
            from stride in Sizes(1, 3)
            from padding in Sizes(0, 2)
            from dilation in Sizes(1, 2)
            from extent in Sizes(5, 8)
            select new Problem(seed, channels, kernel, stride, padding, dilation, extent));

        static Gen<Size2> Sizes(int least, int most) =>
            from height in Gen.Choose(least, most) from width in Gen.Choose(least, most) select new Size2(height, width);
    }

    private sealed record Problem(int Seed, int Channels, Size2 Kernel, Size2 Stride, Size2 Padding, Size2 Dilation, Size2 Extent);
}
