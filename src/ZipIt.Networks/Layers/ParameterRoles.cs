using System.Numerics.Tensors;

namespace ZipIt.Networks;

/// <summary>What the role of a tensor says about its values.</summary>
public static class ParameterRoles
{
    /// <summary>Whether tensors of a role are learnt; running statistics and constants are not.</summary>
    public static bool IsLearnt(this ParameterRole role) => role is not (ParameterRole.RunningMean or ParameterRole.RunningVariance or ParameterRole.Constant);

    /// <summary>Why a tensor's values cannot be used in a role, to be put behind "holds"; null if they can.</summary>
    internal static string? FindFault(this ParameterRole role, Tensor tensor)
    {
        if (!tensor.IsFinite())
            return "values that are not finite numbers";
        return role == ParameterRole.RunningVariance && tensor.Length > 0 && TensorPrimitives.Min<float>(tensor.Span) < 0 ? "a negative variance" : null;
    }
}
