using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Guards against reading beyond a component's own data.</summary>
internal static class ModelBlock
{
    /// <summary>Checks that at least <paramref name="byteCount"/> bytes of the model block are still to be read.</summary>
    public static void CheckRemaining(this ModelLoadContext ctx, long byteCount)
    {
        long remaining = ctx.FpMin + ctx.Header.FpModel + ctx.Header.CbModel - ctx.Reader.FpCur();
        Contracts.CheckDecode(
            remaining >= byteCount, $"The data of the component '{ctx.Directory}' are cut short: {remaining} bytes remain where {byteCount} are needed.");
    }
}
