using static ZipIt.Networks.Tests.Formats.TorchArchive;

namespace ZipIt.Networks.Tests.Formats;

/// <summary>Which of the dictionaries in a checkpoint is taken.</summary>
public sealed class WeightChoiceTests
{
    [Theory]
    [InlineData("ema")]
    [InlineData("module")]
    [InlineData("network")]
    [InlineData("model_state_dict")]
    [InlineData("whatever it is called")]
    public void Load_OnlyDictionaryOfWeights_IsTaken(string wrapper)
    {
        PickleBuilder pickle = Begin("best_acc").Tensor("FloatStorage", "1", 1, 0, [], []).Op('s').Text("rng").Tensor("FloatStorage", "1", 1, 0, [1], [1])
            .Op('s').Text(wrapper);
        Assert.Equal(["a.w"], Load(Create(Weights(pickle, "a.w").Op('s').Stop(), Storages)).Keys);
    }

    [Fact]
    public void Load_DictionaryInsideOthersAndLists_IsTaken()
    {
        PickleBuilder pickle = Begin("ema").Op('}').Text("module").Op(']');
        Assert.Equal(["a.w"], Load(Create(Weights(pickle, "a.w").Op('a').Op('s').Op('s').Stop(), Storages)).Keys);
    }

    [Fact]
    public void Load_SeveralDictionaries_AreListedAndOneIsChosen()
    {
        PickleBuilder pickle = Weights(Begin("model"), "a.w").Op('s').Text("ema").Op('}').Text("module");
        byte[] file = Create(Weights(pickle, "b.w").Op('s').Op('s').Stop(), Storages);

        string message = LoadDamaged(file).Message;
        Assert.Contains("2 dictionaries of weights: 'model' (1 tensors), 'ema/module' (1 tensors)", message);
        Assert.Contains("entry: \"model\"", message);
        Assert.Equal(["a.w"], Load(file, "model").Keys);
        Assert.Equal(["b.w"], Load(file, "ema/module").Keys);
        Assert.Contains("no dictionary 'other'", Assert.Throws<InvalidDataException>(() => Load(file, "other")).Message);
    }

    /// <summary>Numbers and texts between them keep their places and are left out.</summary>
    [Fact]
    public void Load_ListOfTensors_IsNumbered()
    {
        PickleBuilder pickle = new PickleBuilder().Op(']').Op('(').Int(1).Tensor("FloatStorage", "0", 1, 0, [1], [1]).Text("x").Tensor("FloatStorage", "1", 1, 0, [], [])
            .Op('e');
        byte[] file = Create(pickle.Stop(), Storages);
        Assert.Equal(["1", "3"], Load(file).Keys);
    }

    [Fact]
    public void Load_ListOfObjects_IsRefused()
    {
        PickleBuilder pickle = new PickleBuilder().Op(']').Op('(').Global("models", "Generator").Op(')').Raw(0x81).Op('}').Op('b').Op('e');
        Assert.Contains("no dictionary of named tensors", LoadDamaged(Create(pickle.Stop())).Message);
    }

    [Fact]
    public void Load_OneDictionaryUnderTwoNames_IsTaken()
    {
        PickleBuilder pickle = Weights(Begin("model"), "a.w").Op('q').Raw(9).Op('s').Text("best").Op('h').Raw(9).Op('s');
        Assert.Equal(["a.w"], Load(Create(pickle.Stop(), Storages)).Keys);
    }

    [Fact]
    public void Load_EntryThatNamesBegin_ChoosesThem()
    {
        byte[] file = Create(Weights(new PickleBuilder(), "student.a.w", "teacher.a.w", "teacher.b.w").Stop(), Storages);
        Assert.Equal(["a.w", "b.w"], Load(file, "teacher").Keys);
        Assert.Contains("'headmaster'", Assert.Throws<InvalidDataException>(() => Load(file, "headmaster")).Message);
    }

    [Fact]
    public void Load_OptimizerState_SaysSo()
    {
        PickleBuilder pickle = new PickleBuilder().Op('}').Text("state").Op('}').Int(0).Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op('s').Op('s')
            .Text("param_groups").Op(']').Op('s');
        Assert.Contains("optimizer", LoadDamaged(Create(pickle.Stop(), Storages)).Message);
    }

    [Fact]
    public void Load_PickledModuleInsideADictionary_IsNamed()
    {
        PickleBuilder pickle = new PickleBuilder().Op('}').Text("model").Global("models.yolo", "Model").Op(')').Raw(0x81).Op('}').Op('b').Op('s');
        string message = LoadDamaged(Create(pickle.Stop())).Message;
        Assert.Contains("'model' is a pickled object of 'models.yolo.Model'", message);
        Assert.Contains("state_dict()", message);
    }

    private static (string Name, byte[] Content)[] Storages => [("data/0", Floats(4)), ("data/1", Floats(5))];

    private static PickleBuilder Weights(PickleBuilder pickle, params string[] names)
    {
        pickle.Op('}');
        foreach (string name in names)
            pickle.Text(name).Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op('s');
        return pickle;
    }

    private static StateDictionary Load(byte[] file, string? entry = null) => Checkpoint.Load(new MemoryStream(file), Source, entry);
}
