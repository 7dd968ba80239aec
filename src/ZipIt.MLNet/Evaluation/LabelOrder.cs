using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet;

/// <summary>The order in which columns number classes.</summary>
internal static class LabelOrder
{
    /// <summary>Columns with more keys than this for each class of the model hold something else.</summary>
    private const int MostKeysPerClass = 16;

    /// <summary>
    /// Writes a warning for each column whose keys number the classes of a model otherwise than its scores, as <c>MapValueToKey</c> makes them: ML.NET's
    /// evaluator would compare the numbers.
    /// </summary>
    /// <param name="host">The host to write for.</param>
    /// <param name="schema">The schema of the model's input.</param>
    /// <param name="outputs">The columns of the model; a label column may suit those of all tasks or of one.</param>
    /// <returns>Whether there was such a column.</returns>
    public static bool Check(IHost host, DataViewSchema schema, OutputColumns outputs)
    {
        bool found = false;
        foreach (DataViewSchema.Column column in schema)
        {
            if (column.IsHidden || column.Annotations.Schema.GetColumnOrNull(OutputColumns.ScoreColumnKind) is not null || !IsOtherwise(column, outputs))
                continue;
            found = true;
            using IChannel channel = host.Start("Transform");
            channel.Warning(
                MessageSensitivity.Schema,
                $"The keys of column '{column.Name}' number the classes otherwise than the scores do. EvaluateZip compares names, but ML.NET's Evaluate compares numbers: " +
                $"make the column with MapLabelToKey(\"{column.Name}\", labels) and not with MapValueToKey.");
        }

        return found;
    }

    /// <summary>Texts of an annotation; null if it is missing or holds something else.</summary>
    public static string[]? ReadTexts(DataViewSchema.Column column, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(kind) is not { Type: VectorDataViewType { ItemType: TextDataViewType } })
            return null;
        VBuffer<ReadOnlyMemory<char>> texts = default;
        column.Annotations.GetValue(kind, ref texts);
        return [.. texts.DenseValues().Select(text => text.ToString())];
    }

    private static bool IsOtherwise(DataViewSchema.Column column, OutputColumns outputs)
    {
        ulong most = MostKeysPerClass * (ulong)outputs.Groups[0].Labels.Count;
        if (column.Type is not KeyDataViewType key || key.Count > most || ReadTexts(column, OutputColumns.KeyValues) is not { } names)
            return false;
        OutputColumns.Group[] related = [.. outputs.Groups.Where(group => names.Any(group.Labels.Contains))];
        return related.Length > 0 && related.All(group => names.Where((name, i) => group.Labels.Contains(name) && name != group.Labels.ElementAtOrDefault(i))
            .Any());
    }
}
