using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Weights that take what is missing behind the second unit of a pair to the hidden features: as a convolution with the filters turned round, or tap by tap.
/// </summary>
/// <param name="Filters">The filters [hidden channels; taps, outputs]; null for the other.</param>
/// <param name="Panels">The weights [taps, hidden channels; outputs].</param>
internal sealed record BackWeights(WinogradFilters? Filters, PanelWeights? Panels);
