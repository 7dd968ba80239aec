namespace ZipIt.Networks;

/// <summary>What a tensor of a layer or of a checkpoint is for.</summary>
public enum ParameterRole
{
    /// <summary>Weights of a convolution [outputs, inputs, kernel height, kernel width] or of a fully connected layer [outputs, inputs].</summary>
    Weight,

    /// <summary>Bias of a convolution or of a fully connected layer [outputs].</summary>
    Bias,

    /// <summary>Scale of a normalization [channels].</summary>
    NormScale,

    /// <summary>Shift of a normalization [channels].</summary>
    NormShift,

    /// <summary>Running mean of a batch normalization [channels].</summary>
    RunningMean,

    /// <summary>Running variance of a batch normalization [channels], at least 0.</summary>
    RunningVariance,

    /// <summary>Other learnt numbers, e.g. slopes of an activation [channels].</summary>
    Coefficient,

    /// <summary>Fixed numbers that are no part of the training, e.g. factors that normalize pixels.</summary>
    Constant,
}
