namespace Microsoft.ML.Data.Png;

/// <summary>The predictions by which the rows of a PNG image are stored as differences.</summary>
internal static class PngFilter
{
    public const int None = 0;
    public const int Sub = 1;
    public const int Up = 2;
    public const int Average = 3;
    public const int Paeth = 4;

    /// <summary>Adds the prediction to each byte of a row.</summary>
    /// <param name="filter">The kind of prediction.</param>
    /// <param name="row">The differences, which become the bytes.</param>
    /// <param name="above">The row above, zeros for the first one.</param>
    /// <param name="distance">How far to the left the predicting byte is.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        if (filter is < None or > Paeth)
            throw new InvalidDataException($"there is no row filter {filter}");
        if (filter == None)
            return;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= distance ? row[i - distance] : 0;
            int aboveLeft = i >= distance ? above[i - distance] : 0;
            row[i] += Predict(filter, left, above[i], aboveLeft);
        }
    }

    /// <summary>The prediction of a byte from its neighbours.</summary>
    public static byte Predict(int filter, int left, int above, int aboveLeft) => filter switch
    {
        None => 0,
        Sub => (byte)left,
        Up => (byte)above,
        Average => (byte)((left + above) / 2),
        _ => PredictPaeth(left, above, aboveLeft),
    };

    // The neighbour closest to left + above - aboveLeft; ties go to the left one, then to the one above.
    private static byte PredictPaeth(int left, int above, int aboveLeft)
    {
        int fromLeft = Math.Abs(above - aboveLeft);
        int fromAbove = Math.Abs(left - aboveLeft);
        int fromAboveLeft = Math.Abs(left + above - (2 * aboveLeft));
        if (fromLeft <= fromAbove && fromLeft <= fromAboveLeft)
            return (byte)left;
        return (byte)(fromAbove <= fromAboveLeft ? above : aboveLeft);
    }
}
