using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Multiplies many rows with one weight matrix: predictions of a least-squares solution.</summary>
internal sealed class RowProduct : IDisposable
{
    private const int RowsPerRun = 1024;

    private readonly INetworkSession _session;
    private readonly int _columns;
    private readonly int _outputs;

    /// <summary>Prepares a product.</summary>
    /// <param name="weights">Weights [outputs, columns].</param>
    /// <param name="engine">The engine that multiplies.</param>
    /// <param name="threads">Number of threads.</param>
    public RowProduct(Matrix weights, INetworkEngine engine, int threads)
    {
        (_columns, _outputs) = (weights.Columns, weights.Rows);
        var tensor = new Tensor(_outputs, _columns);
        for (int i = 0; i < tensor.Length; i++)
            tensor.Span[i] = (float)weights.Values[i];
        var input = new Node("rows", new Input(_columns, 1, 1));
        var network = new Network(new Head("product", new Node("product", new Linear(tensor), new Node("vector", new Flatten(), input))));
        _session = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = RowsPerRun, Threads = threads, ChannelsLastInputs = true });
    }

    /// <summary>result = rows · weightsᵀ.</summary>
    public void Multiply(ReadOnlySpan<float> rows, int count, Span<float> result)
    {
        for (int start = 0; start < count; start += RowsPerRun)
        {
            int run = Math.Min(RowsPerRun, count - start);
            _session.Run(rows.Slice(start * _columns, run * _columns), run);
            _session.GetOutput(0).CopyTo(result[(start * _outputs)..]);
        }
    }

    public void Dispose() => _session.Dispose();
}
