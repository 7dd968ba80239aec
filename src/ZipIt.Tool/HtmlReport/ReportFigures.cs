namespace ZipIt.Tool.HtmlReport;

/// <summary>Writes single figures of a report as SVG files that stand alone, light or dark as their reader likes it.</summary>
internal static class ReportFigures
{
    /// <summary>Writes accuracy against cost. An existing file is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="curve">The points.</param>
    public static void WriteCurve(string path, CurveSection curve)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(curve);
        ReportWriter.WriteFile(path, writer => CurvePart.WriteFile(curve, new MarkupWriter(writer)));
    }

    /// <summary>Writes the drawing of a network. An existing file is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="merge">The network, and what was merged in it.</param>
    /// <exception cref="ArgumentException">The network is too large to be drawn.</exception>
    public static void WriteNetwork(string path, MergeSection merge)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(merge);
        if (!NetworkDrawing.CanDraw(merge.Network))
            throw new ArgumentException("The network has no layers with weights, or too many to draw them.", nameof(merge));
        ReportWriter.WriteFile(path, writer => NetworkDrawing.Draw(merge, new MarkupWriter(writer), isUpright: false, isFile: true));
    }
}
