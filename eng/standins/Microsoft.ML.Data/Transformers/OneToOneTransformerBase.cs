using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A transformer that makes each added column of one input column.</summary>
public abstract class OneToOneTransformerBase : RowToRowTransformerBase
{
    [BestFriend]
    internal readonly (string outputColumnName, string inputColumnName)[] ColumnPairs;

    [BestFriend]
    private protected OneToOneTransformerBase(IHost host, params (string outputColumnName, string inputColumnName)[] columns)
        : base(host)
    {
        host.CheckNonEmpty(columns, nameof(columns));
        var outputs = new HashSet<string>();
        foreach ((string output, string input) in columns)
        {
            host.CheckNonEmpty(output, nameof(columns), "The name of an output column cannot be empty.");
            host.CheckNonEmpty(input, nameof(columns), "The name of an input column cannot be empty.");
            host.CheckParam(outputs.Add(output), nameof(columns), $"Output column '{output}' specified multiple times");
        }
        ColumnPairs = columns;
    }

    // Format: int number of columns; for each, the output name's and the input name's string number.
    [BestFriend]
    private protected OneToOneTransformerBase(IHost host, ModelLoadContext ctx)
        : this(host, LoadColumns(host, ctx))
    {
    }

    [BestFriend]
    private protected void SaveColumns(ModelSaveContext ctx)
    {
        ctx.Writer.Write(ColumnPairs.Length);
        foreach ((string output, string input) in ColumnPairs)
        {
            ctx.SaveNonEmptyString(output);
            ctx.SaveNonEmptyString(input);
        }
    }

    [BestFriend]
    private protected virtual void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
    }

    private static (string, string)[] LoadColumns(IHost host, ModelLoadContext ctx)
    {
        host.CheckDecode(ctx.Header.CbModel >= sizeof(int), "The column list is cut short.");
        int count = ctx.Reader.ReadInt32();
        host.CheckDecode(
            count > 0 && count <= (ctx.Header.CbModel - sizeof(int)) / (2 * sizeof(int)), $"A model block of {ctx.Header.CbModel} bytes cannot list {count} columns.");
        var columns = new (string, string)[count];
        for (int i = 0; i < columns.Length; i++)
            columns[i] = (ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
        return columns;
    }

    /// <summary>The mapper of a one-to-one transformer.</summary>
    [BestFriend]
    private protected abstract class OneToOneMapperBase : MapperBase
    {
        /// <summary>The input column of each added one.</summary>
        protected readonly Dictionary<int, int> ColMapNewToOld;

        private readonly OneToOneTransformerBase _parent;

        /// <summary>Binds the transformer to a schema.</summary>
        protected OneToOneMapperBase(IHost host, OneToOneTransformerBase parent, DataViewSchema inputSchema)
            : base(host, inputSchema, parent)
        {
            _parent = parent;
            ColMapNewToOld = [];
            for (int i = 0; i < parent.ColumnPairs.Length; i++)
            {
                string name = parent.ColumnPairs[i].inputColumnName;
                if (!inputSchema.TryGetColumnIndex(name, out int column))
                    throw host.ExceptSchemaMismatch(nameof(inputSchema), "input", name);
                parent.CheckInputColumn(inputSchema, i, column);
                ColMapNewToOld.Add(i, column);
            }
        }

        private protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            HashSet<int> needed = [.. ColMapNewToOld.Where(pair => activeOutput(pair.Key)).Select(pair => pair.Value)];
            return needed.Contains;
        }

        private protected override void SaveModel(ModelSaveContext ctx) => _parent.SaveModel(ctx);
    }
}
