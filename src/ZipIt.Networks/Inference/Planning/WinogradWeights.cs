using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>Winograd's transform of weights, GgGᵀ, in double precision (Lavin and Gray 2016, section 4).</summary>
internal static class WinogradWeights
{
    private static readonly double[][] Two = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]];

    /// <summary>Transforms the weights of a convolution.</summary>
    /// <param name="weights">Weights [outputs, inputs, 3, 3].</param>
    /// <param name="tile">Outputs of a tile in each direction, 2 or 4.</param>
    /// <param name="targets">Receive a matrix [inputs, outputs] for each position of a tile.</param>
    public static void Transform(FoldedWeights weights, int tile, PackedMatrix[] targets)
    {
        double[][] g = tile == 4 ? WinogradFilters.Transform : Two;
        int extent = tile + 2;
        var output = new double[targets[0].Depth * 9]; // [input, 3, 3]
        Span<double> half = stackalloc double[extent * 3]; // Gg
        for (int n = 0; n < targets[0].Columns; n++)
        {
            weights.CopyOutput(n, output);
            for (int c = 0; c < targets[0].Depth; c++)
            {
                ReadOnlySpan<double> kernel = output.AsSpan(c * 9, 9);
                for (int i = 0; i < extent; i++)
                {
                    for (int x = 0; x < 3; x++)
                        half[i * 3 + x] = g[i][0] * kernel[x] + g[i][1] * kernel[3 + x] + g[i][2] * kernel[6 + x];
                }

                for (int i = 0; i < extent; i++)
                {
                    for (int j = 0; j < extent; j++)
                    {
                        double value = g[j][0] * half[i * 3] + g[j][1] * half[i * 3 + 1] + g[j][2] * half[i * 3 + 2];
                        targets[i * extent + j].Set(c, n, (float)value);
                    }
                }
            }
        }
    }
}
