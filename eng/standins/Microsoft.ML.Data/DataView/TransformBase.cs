using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A data view that is made of another one. Its cursors compute on background threads if the values of all active columns can be copied.</summary>
[BestFriend]
internal abstract class TransformBase : IDataTransform
{
    /// <summary>The environment.</summary>
    protected readonly IHost Host;

    /// <summary>Makes a view of <paramref name="input"/>.</summary>
    protected TransformBase(IHostEnvironment env, string name, IDataView input)
    {
        Contracts.CheckValue(env, nameof(env));
        Host = env.Register(name);
        Host.CheckValue(input, nameof(input));
        Source = input;
    }

    /// <inheritdoc/>
    public IDataView Source { get; }

    /// <inheritdoc/>
    public virtual bool CanShuffle => Source.CanShuffle;

    /// <summary>The columns of this view.</summary>
    public abstract DataViewSchema OutputSchema { get; }

    DataViewSchema IDataView.Schema => OutputSchema;

    /// <inheritdoc/>
    public abstract long? GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        Random random = CanShuffle ? rand : null;
        bool[] active = ActiveColumns.Of(OutputSchema, columnsNeeded);
        DataViewSchema.Column[] columns = [.. ActiveColumns.Select(OutputSchema, active)];

        // Where nothing speaks against it, the cursors of the set are tried: the input may be the one that has work to share.
        if (ShouldUseParallelCursors(index => active[index]) != false
            && DataViewUtils.TryCreateConsolidatingCursor(out DataViewRowCursor consolidated, this, columns, Host, random))
        {
            return consolidated;
        }
        return GetRowCursorCore(columns, random);
    }

    /// <inheritdoc/>
    public abstract DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null);

    void ICanSaveModel.Save(ModelSaveContext ctx) => SaveModel(ctx);

    /// <summary>Whether cursors should compute on background threads; null to do as the input does.</summary>
    protected abstract bool? ShouldUseParallelCursors(Func<int, bool> predicate);

    /// <summary>A cursor that computes on the caller's thread.</summary>
    protected abstract DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null);

    private protected abstract void SaveModel(ModelSaveContext ctx);
}

/// <summary>A data view with a row for each row of another one.</summary>
[BestFriend]
internal abstract class RowToRowTransformBase : TransformBase
{
    /// <summary>Makes a view of <paramref name="input"/>.</summary>
    protected RowToRowTransformBase(IHostEnvironment env, string name, IDataView input)
        : base(env, name, input)
    {
    }

    /// <inheritdoc/>
    public sealed override long? GetRowCount() => Source.GetRowCount();
}
