using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Friend;

/// <summary>Promises the output columns of a zipped model, before there is one.</summary>
internal static class OutputShapes
{
    /// <summary>The shape of the input's schema with the added columns; a column of the same name is hidden.</summary>
    public static SchemaShape AddTo(SchemaShape input, OutputColumns outputs)
    {
        var added = new List<SchemaShape.Column>();
        foreach (OutputColumns.Group group in outputs.Groups)
        {
            added.Add(new SchemaShape.Column(
                group.LabelColumn, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, Annotate(OutputColumns.KeyValues)));
            added.Add(new SchemaShape.Column(
                group.ScoreColumn, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
                Annotate(OutputColumns.SlotNames, OutputColumns.TrainingLabelValues)));
        }

        return new SchemaShape(input.Where(column => added.All(other => other.Name != column.Name)).Concat(added));
    }

    private static SchemaShape Annotate(params string[] labels) => new(
    [
        new SchemaShape.Column(OutputColumns.ScoreColumnSetId, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true),
        new SchemaShape.Column(OutputColumns.ScoreColumnKind, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false),
        new SchemaShape.Column(OutputColumns.ScoreValueKind, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false),
        .. labels.Select(kind => new SchemaShape.Column(kind, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)),
    ]);
}
