using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The shapes that one-to-one estimators give.</summary>
internal static class ColumnShapes
{
    /// <summary>The input's shape with each output column added, or in place of the one of that name.</summary>
    public static SchemaShape MapEach(
        IExceptionContext ectx,
        SchemaShape inputSchema,
        IEnumerable<(string outputColumnName, string inputColumnName)> pairs,
        string expectedType,
        Func<SchemaShape.Column, bool> suits,
        Func<string, SchemaShape.Column, SchemaShape.Column> makeOutput)
    {
        ectx.CheckValue(inputSchema, nameof(inputSchema));
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        foreach ((string output, string input) in pairs)
        {
            if (!inputSchema.TryFindColumn(input, out SchemaShape.Column column))
                throw ectx.ExceptSchemaMismatch(nameof(inputSchema), "input", input);
            if (!suits(column))
                throw ectx.ExceptSchemaMismatch(nameof(inputSchema), "input", input, expectedType, column.GetTypeString());
            columns[output] = makeOutput(output, column);
        }
        return new SchemaShape(columns.Values);
    }
}
