using System.Reflection;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Layers;

/// <summary>What layers declare about themselves must be all there is, and fit together.</summary>
public sealed class LayerTests
{
    private static readonly Layer[] Layers =
        [.. EveryLayer.MakeNetwork().Nodes.Select(node => node.Layer), new Conv2d(EveryLayer.Ramp(3, 1, 2, 2), EveryLayer.Ramp(3), groups: 3)];

    public static TheoryData<string> Kinds => new(Layers.Select(layer => layer.Kind).Distinct());

    [Fact]
    public void EveryLayer_Kinds_AreAllThereAre()
    {
        IEnumerable<Type> kinds = typeof(Layer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Layer)) && !type.IsAbstract);
        Assert.Equal(kinds.Select(kind => kind.Name).Order(), Layers.Select(layer => layer.Kind).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parameters_EveryTensor_IsDeclaredOnce(string kind)
    {
        foreach (Layer layer in LayersOf(kind))
        {
            Tensor[] tensors = [.. layer.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.PropertyType == typeof(Tensor) && property.GetIndexParameters().Length == 0)
                .Select(property => (Tensor?)property.GetValue(layer)).OfType<Tensor>()];
            Tensor[] declared = [.. layer.Parameters.Select(parameter => parameter.Value).OfType<Tensor>()];
            Assert.Equal(tensors.Length, declared.Length);
            Assert.All(tensors, tensor => Assert.Single(declared, other => ReferenceEquals(other, tensor)));
            Assert.Equal(layer.Parameters.Count, layer.Parameters.Select(parameter => parameter.Name).Distinct().Count());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WithParameters_OtherTensors_AreTheNewLayersAndTheRestStays(string kind)
    {
        foreach (Layer layer in LayersOf(kind))
        {
            Tensor?[] others = [.. layer.Parameters.Select(parameter => parameter.Value?.Clone())];
            Layer remade = layer.WithParameters(others);

            Assert.Equal(others, remade.Parameters.Select(parameter => parameter.Value));
            Assert.True(remade.ComputesSameAs(layer));
            Assert.Throws<ArgumentException>(() => layer.WithParameters([.. others, new Tensor(1)]));
            for (int i = 0; i < others.Length; i++)
            {
                Tensor?[] fewer = [.. others];
                fewer[i] = null;
                if (layer.Parameters[i].IsOptional)
                    Assert.Null(layer.WithParameters(fewer).Parameters[i].Value);
                else
                    Assert.Throws<ArgumentException>(() => layer.WithParameters(fewer));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WithParameters_OneValueChanged_ComputesSomethingElse(string kind)
    {
        foreach (Layer layer in LayersOf(kind))
        {
            for (int i = 0; i < layer.Parameters.Count; i++)
            {
                Tensor?[] others = [.. layer.Parameters.Select(parameter => parameter.Value?.Clone())];
                if (others[i] is not { } changed)
                    continue;
                changed.Span[^1]++;
                Assert.False(layer.WithParameters(others).ComputesSameAs(layer), layer.Parameters[i].Name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parameters_Axes_FitTheFlowOfChannels(string kind)
    {
        foreach (Layer layer in LayersOf(kind))
        {
            ParameterAxis[] axes = [.. layer.Parameters.SelectMany(parameter => parameter.Axes).Where(axis => axis != ParameterAxis.None).Distinct().Order()];
            ParameterAxis[] expected = layer.Flow switch
            {
                ChannelFlow.Mix => [ParameterAxis.Output, ParameterAxis.Input],
                ChannelFlow.MixInGroups => [ParameterAxis.Output],
                ChannelFlow.Keep when layer.Parameters.Count > 0 => [ParameterAxis.Channel],
                _ => [],
            };
            Assert.Equal(expected, axes);
            Assert.NotEqual(ChannelFlow.Undeclared, layer.Flow);
            Assert.All(layer.Parameters, parameter => Assert.NotNull(parameter.OutputAxis));
        }
    }

    public static TheoryData<Layer, Layer> Unlike { get; } = new()
    {
        { new Clip(0, 6), new Clip(0, 7) },
        { new Clip(0, 6), new Clip(-1, 6) },
        { new LeakyReLU(0.1f), new LeakyReLU(0.2f) },
        { new GELU(true), new GELU(false) },
        { new InstanceNorm2d(EveryLayer.Ramp(2), EveryLayer.Ramp(2)), new InstanceNorm2d(EveryLayer.Ramp(2), EveryLayer.Ramp(2), 1e-3f) },
        { new ReLU(), new Tanh() },
        { new MaxPool2d(2), new MaxPool2d(3) },
        { new MaxPool2d(2), new MaxPool2d(2, 1) },
        { new MaxPool2d(2), new MaxPool2d(2, 2, 1) },
        { new MaxPool2d(2), new MaxPool2d(2, ceilingMode: true) },
        { new AvgPool2d(2), new AvgPool2d(2, countPadding: false) },
        { new AvgPool2d(2), new MaxPool2d(2) },
        { Conv(), Conv(stride: 2) },
        { Conv(), Conv(padding: 1) },
        { Conv(), Conv(dilation: 2) },
        { Conv(), Conv(groups: 2) },
        { new Conv2d(EveryLayer.Ramp(4, 2, 2, 2)), new Conv2d(EveryLayer.Ramp(4, 2, 3, 3)) },
    };

    [Theory]
    [MemberData(nameof(Unlike), DisableDiscoveryEnumeration = true)]
    public void Signature_OtherAttributes_IsAnother(Layer one, Layer other)
    {
        Assert.NotEqual(one.Signature, other.Signature);
        Assert.False(one.ComputesSameAs(other));
        Assert.StartsWith(one.Kind, one.Signature);
    }

    [Fact]
    public void Signature_OtherWidths_IsTheSame()
    {
        Assert.Equal(new Linear(EveryLayer.Ramp(2, 3)).Signature, new Linear(EveryLayer.Ramp(5, 1), EveryLayer.Ramp(5)).Signature);
        Assert.Equal(Depthwise(3).Signature, Depthwise(8).Signature);
        Assert.Equal(new PReLU(EveryLayer.Ramp(2)).Signature, new PReLU(EveryLayer.Ramp(3)).Signature);
    }

    [Fact]
    public void WithParameters_DepthwiseConvolutionOfOtherWidth_StaysDepthwise()
    {
        var wider = (Conv2d)Depthwise(3).WithParameters(EveryLayer.Ramp(5, 1, 3, 3), EveryLayer.Ramp(5));
        Assert.Equal((5, ChannelFlow.Keep), (wider.Groups, wider.Flow));
        var narrowest = (Conv2d)Depthwise(3).WithParameters(EveryLayer.Ramp(1, 1, 3, 3), null);
        Assert.Equal((1, 1), (narrowest.Groups, narrowest.InputChannels));
    }

    [Fact]
    public void ComputesSameAs_ChannelGather_ComparesItsSources()
    {
        Assert.True(new ChannelGather(1, 0).ComputesSameAs(new ChannelGather(1, 0)));
        Assert.False(new ChannelGather(1, 0).ComputesSameAs(new ChannelGather(0, 1)));
        Assert.Equal(new ChannelGather(1, 0).GetHashCode(), new ChannelGather(1, 0).GetHashCode());
    }

    [Fact]
    public void ComputesSameAs_NormalizationOfOtherEpsilon_IsAnother()
    {
        BatchNorm2d Norm(float epsilon) => new(EveryLayer.Ramp(2), EveryLayer.Ramp(2), EveryLayer.Ramp(2), EveryLayer.Ramp(2), epsilon);
        Assert.False(Norm(1e-3f).ComputesSameAs(Norm(1e-5f)));
        Assert.True(Norm(1e-3f).ComputesSameAs(Norm(1e-3f)));
    }

    [Fact]
    public void GetAffine_BatchNormalization_IsWhatItComputes()
    {
        BatchNorm2d norm = new NetworkGenerator(1).DrawNorm(3);
        var affine = ChannelAffine.Of(norm);
        for (int c = 0; c < 3; c++)
        {
            double expected = norm.Weight.Span[c] * (2 - norm.Mean.Span[c]) / Math.Sqrt(norm.Variance.Span[c] + 1e-5) + norm.Bias.Span[c];
            Assert.Equal(expected, 2 * norm.GetAffine(c).Scale + norm.GetAffine(c).Shift, 1e-6);
            Assert.Equal(expected, 2 * affine.Scale.Span[c] + affine.Shift.Span[c], 1e-5);
        }
    }

    [Fact]
    public void GetParameter_Role_FindsTheTensor()
    {
        var linear = new Linear(EveryLayer.Ramp(2, 3));
        Assert.Same(linear.Weight, linear.GetParameter(ParameterRole.Weight));
        Assert.Null(linear.GetParameter(ParameterRole.Bias));
        Assert.Contains("RunningMean", Assert.Throws<ArgumentException>(() => linear.GetParameter(ParameterRole.RunningMean)).Message);
    }

    [Fact]
    public void LayerParameter_AxesThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new LayerParameter("weight", ParameterRole.Weight, new Tensor(2, 3), ParameterAxis.Output));
        Assert.Throws<ArgumentException>(() => new LayerParameter("weight", ParameterRole.Weight, null, ParameterAxis.Output, ParameterAxis.Channel));
        Assert.Throws<ArgumentException>(() => new LayerParameter("weight", ParameterRole.Weight, null, ParameterAxis.Input, ParameterAxis.Input));
    }

    [Fact]
    public void PReLU_SlopesOfTheWrongShape_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new PReLU(new Tensor(2, 3)));
        Assert.Throws<ArgumentException>(() => new PReLU(new Tensor(0)));
        var node = new Node("prelu", new PReLU(new Tensor(4)), new Node("input", new Input(3, 2, 2)));
        Assert.Contains("'prelu'", Assert.Throws<ArgumentException>(() => new Network(new Head("output", node))).Message);
    }

    [Fact]
    public void InstanceNorm2d_TensorsOrEpsilonThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new InstanceNorm2d(new Tensor(2, 3), new Tensor(2)));
        Assert.Throws<ArgumentException>(() => new InstanceNorm2d(new Tensor(2), new Tensor(3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InstanceNorm2d(new Tensor(2), new Tensor(2), 0));
        var node = new Node("norm", new InstanceNorm2d(new Tensor(4), new Tensor(4)), new Node("input", new Input(3, 2, 2)));
        Assert.Contains("'norm'", Assert.Throws<ArgumentException>(() => new Network(new Head("output", node))).Message);
    }

    private static Layer[] LayersOf(string kind) => [.. Layers.Where(layer => layer.Kind == kind)];

    private static Conv2d Conv(Size2? stride = null, Size2? padding = null, Size2? dilation = null, int groups = 1) =>
        new(EveryLayer.Ramp(4, 2, 2, 2), null, stride, padding, dilation, groups);

    private static Conv2d Depthwise(int channels) => new(EveryLayer.Ramp(channels, 1, 3, 3), groups: channels);
}
