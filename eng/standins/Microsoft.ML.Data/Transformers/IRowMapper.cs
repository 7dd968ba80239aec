namespace Microsoft.ML.Data;

/// <summary>Computes added columns of one row.</summary>
[BestFriend]
internal interface IRowMapper : ICanSaveModel
{
    /// <summary>The getters of the active added columns, and what is to be done when the row goes.</summary>
    Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer);

    /// <summary>Which input columns the active added columns need.</summary>
    Func<int, bool> GetDependencies(Func<int, bool> activeOutput);

    /// <summary>The added columns.</summary>
    DataViewSchema.DetachedColumn[] GetOutputColumns();

    /// <summary>The transformer that the mapper belongs to.</summary>
    ITransformer GetTransformer();
}
