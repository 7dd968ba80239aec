using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>
/// One row with scores, as a prediction engine uses it. The network runs once per row, however many columns are asked for: scores are kept until the input's
/// position changes.
/// </summary>
internal sealed class ScoredRow : DataViewRow
{
    private readonly ScoringBinding _binding;
    private readonly DataViewRow _input;
    private readonly bool[] _active;
    private readonly ScoredImages? _images;
    private readonly PixelReader? _reader;
    private readonly Delegate?[] _getters;
    private long? _scored;
    private bool _disposed;

    public ScoredRow(ScoringBinding binding, DataViewRow input, bool[] active)
    {
        (_binding, _input, _active) = (binding, input, active);
        _getters = new Delegate?[binding.OutputSchema.Count];
        if (!binding.NeedsScores(active))
            return;
        _images = new ScoredImages(binding.Model, 1);
        _reader = new PixelReader(binding.Host, input, binding.Pixels);
        _getters = binding.CreateGetters(active, _images, FindCurrent);
    }

    public override DataViewSchema Schema => _binding.OutputSchema;

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _binding.IsActive(column, _active);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _binding.GetGetter<TValue>(column, _active, _input, _getters);

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    private int FindCurrent()
    {
        if (_scored != _input.Position)
        {
            _scored = null;
            _images!.Clear();
            _images.Add(_reader!);
            _scored = _input.Position;
        }

        return 0;
    }
}
