namespace ZipIt.Merging.Tests;

public sealed class ZipOptionsTests
{
    [Fact]
    public void New_Options_AreThoseOfTheBestMethod()
    {
        ZipOptions options = new(), best = ZipOptions.For(ZipMethod.Best);

        Assert.Equal(new SelectionMatcher(), options.Matcher);
        Assert.Equal((best.Matcher, best.ImportanceSweeps, best.ResetBatchNorm, best.Cut), (options.Matcher, options.ImportanceSweeps, options.ResetBatchNorm, options.Cut));
        Assert.Equal(best.Refit, options.Refit! with { Tasks = best.Refit!.Tasks });
    }

    [Fact]
    public void For_Paper_HasNothingOfOurs()
    {
        ZipOptions paper = ZipOptions.For(ZipMethod.Paper);

        Assert.Equal(new ZipMatcher { Alpha = 0.3, Beta = 0.125 }, paper.Matcher);
        Assert.Equal(0, paper.ImportanceSweeps);
        Assert.Null(paper.Refit);
        Assert.True(paper.ResetBatchNorm);
    }

    [Fact]
    public void For_UnknownMethod_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => ZipOptions.For((ZipMethod)9));
}
