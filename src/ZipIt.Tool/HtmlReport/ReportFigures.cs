namespace ZipIt.Tool.HtmlReport;

/// <summary>Writes single figures of a report as SVG files that stand alone, light or dark as their reader likes it.</summary>
internal static class ReportFigures
{
    /// <summary>Writes accuracy against cost.</summary>
    /// <param name="writer">Receives the file.</param>
    /// <param name="curve">The points.</param>
    public static void WriteCurve(TextWriter writer, CurveSection curve)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(curve);
        CurvePart.WriteFile(curve, new MarkupWriter(writer));
    }

    /// <summary>Writes the drawing of a network.</summary>
    /// <param name="writer">Receives the file.</param>
    /// <param name="merge">The network, and what was merged in it.</param>
    /// <exception cref="ArgumentException">The network is too large to be drawn.</exception>
    public static void WriteNetwork(TextWriter writer, MergeSection merge)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(merge);
        if (!NetworkDrawing.CanDraw(merge.Network))
            throw new ArgumentException("The network has no layers with weights, or too many to draw them.", nameof(merge));
        NetworkDrawing.Draw(merge, new MarkupWriter(writer), isUpright: false, isFile: true);
    }
}
