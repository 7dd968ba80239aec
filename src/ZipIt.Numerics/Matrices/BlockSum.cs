namespace ZipIt.Numerics;

/// <summary>A sum of products of blocks of rows, and where it belongs.</summary>
/// <param name="Products">Number of the block of X and of that of Y.</param>
/// <param name="Targets">Tile of the result for the first panels of X and Y; the sum is added to each.</param>
internal sealed record BlockSum(IReadOnlyList<(int X, int Y)> Products, IReadOnlyList<(int Row, int Column)> Targets);
