using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>Normal equations with their factor, kept for further right-hand sides.</summary>
/// <param name="Equations">The equations, whose memory goes with them.</param>
/// <param name="Factor">Factor of XᵀX + λI.</param>
internal sealed record FactoredEquations(NormalEquations Equations, Cholesky Factor) : IDisposable
{
    /// <summary>(XᵀX + λI)⁻¹·XᵀR [outputs, columns] for the right-hand sides that were added last, up to a factor.</summary>
    public Matrix Solve()
    {
        var zeros = new Matrix(Equations.Outputs, Equations.Columns);
        return Equations.Solve(Factor, 0, zeros, zeros);
    }

    /// <inheritdoc/>
    public void Dispose() => Equations.Dispose();
}
