using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>The input's own rows under the schema with scores, of which none is asked for.</summary>
internal sealed class UnscoredCursor(ScoringBinding binding, bool[] active, DataViewRowCursor input) : DataViewRowCursor
{
    private bool _disposed;

    public override DataViewSchema Schema => binding.OutputSchema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => binding.IsActive(column, active);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        binding.GetGetter<TValue>(column, active, input, new Delegate?[binding.OutputSchema.Count]);

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool MoveNext() => !_disposed && input.MoveNext();

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}
