namespace ZipIt.Networks;

/// <summary>What an axis of a layer's tensor counts.</summary>
public enum ParameterAxis
{
    /// <summary>Neither channels that the layer takes nor channels that it gives, e.g. the taps of a kernel.</summary>
    None,

    /// <summary>Output channels.</summary>
    Output,

    /// <summary>Input channels.</summary>
    Input,

    /// <summary>Channels that come in and go out again: the tensor has a part for each of them.</summary>
    Channel,
}
