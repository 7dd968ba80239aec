namespace Microsoft.ML;

/// <summary>Something that can be stored in a model file.</summary>
public interface ICanSaveModel
{
    /// <summary>Writes the component.</summary>
    void Save(ModelSaveContext ctx);
}
