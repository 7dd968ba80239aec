namespace ZipIt.Merging;

/// <summary>One of the cuts that were tried to keep the loss small.</summary>
/// <param name="Cut">How far the members share one network.</param>
/// <param name="MultiplyAdds">What the zipped network costs per image.</param>
/// <param name="Loss">What it loses; see <see cref="ZipReport.Loss"/>.</param>
public sealed record CutReport(string Cut, long MultiplyAdds, double Loss);
