namespace Microsoft.ML.Data;

/// <summary>A data view that is made of another one.</summary>
[BestFriend]
internal interface IDataTransform : IDataView, ICanSaveModel
{
    /// <summary>The other one.</summary>
    IDataView Source { get; }
}
