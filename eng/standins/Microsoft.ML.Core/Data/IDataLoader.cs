namespace Microsoft.ML;

/// <summary>Makes data views from a source such as files.</summary>
public interface IDataLoader<in TSource> : ICanSaveModel
{
    /// <summary>The data of a source.</summary>
    IDataView Load(TSource input);

    /// <summary>The columns of every view that this loader makes.</summary>
    DataViewSchema GetOutputSchema();
}
