namespace ZipIt.Networks.Tests.Formats;

public sealed class StateDictionaryTests
{
    [Fact]
    public void Indexer_UnknownName_NamesFileAndTensors()
    {
        var exception = Assert.Throws<KeyNotFoundException>(() => Make("a", "b")["c"]);
        Assert.Equal("'file.pt' has no tensor 'c'; it has 'a', 'b'.", exception.Message);
    }

    [Fact]
    public void Constructor_SameNameTwice_IsRefused() => Assert.Throws<InvalidDataException>(() => Make("a", "a"));

    [Theory]
    [InlineData("module.a,module.b", "a,b")]
    [InlineData("_orig_mod.module.a,_orig_mod.module.b", "a,b")]
    [InlineData("module.a,b", "module.a,b")]
    [InlineData("module.,module.b", "module.,module.b")]
    [InlineData("model.a,model.b", "a,b")]
    [InlineData("a._orig_mod.w,b.w", "a.w,b.w")]
    [InlineData("features.module.0.w,features.module.1.w,fc.w", "features.0.w,features.1.w,fc.w")]
    [InlineData("features.module.0.w,features.1.w", "features.module.0.w,features.1.w")]
    [InlineData("a._orig_mod.w,a.w", "a._orig_mod.w,a.w")]
    [InlineData("module._orig_mod.model.a", "a")]
    public void WithoutWrapperPrefixes_CommonPrefix_IsTakenOff(string names, string expected) =>
        Assert.Equal(expected.Split(','), Make(names.Split(',')).WithoutWrapperPrefixes().Keys);

    [Fact]
    public void WithoutWrapperPrefixes_CounterBeside_DoesNotMatter()
    {
        var weights = new StateDictionary("file.pt", [KeyValuePair.Create("n_averaged", new Tensor()), KeyValuePair.Create("module.a.w", new Tensor(1))]);
        Assert.Equal(["n_averaged", "a.w"], weights.WithoutWrapperPrefixes().Keys);
    }

    [Fact]
    public void WithoutWrapperPrefixes_LongNameOfWrappers_IsLeftInTime()
    {
        string name = string.Concat(Enumerable.Repeat("module.", 500_000)) + "w";
        Assert.Single(Make(name).WithoutWrapperPrefixes().Keys);
    }

    [Fact]
    public void CheckFinite_ManyBrokenTensors_NamesTheFirstAndCountsTheRest()
    {
        StateDictionary weights = Make([.. Enumerable.Range(0, 9).Select(i => $"t{i}")]);
        foreach (Tensor tensor in weights.Values)
            tensor.Span[0] = float.PositiveInfinity;

        var exception = Assert.Throws<InvalidDataException>(weights.CheckFinite);
        Assert.Contains("'t0', 't1', 't2', 't3', 't4' and 4 more", exception.Message);
    }

    private static StateDictionary Make(params string[] names) => new("file.pt", names.Select(name => KeyValuePair.Create(name, new Tensor(1))));
}
