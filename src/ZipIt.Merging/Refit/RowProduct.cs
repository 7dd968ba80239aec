using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Multiplies many rows with one weight matrix: predictions of a least-squares solution.</summary>
internal sealed class RowProduct : IDisposable
{
    private const int RowsPerRun = 1024;

    private readonly INetworkSession _session;
    private readonly int _columns;
    private readonly int _outputs;
    private readonly float[] _rest;

    /// <summary>Prepares a product.</summary>
    /// <param name="weights">Weights [outputs, columns].</param>
    /// <param name="engine">The engine that multiplies.</param>
    /// <param name="threads">Number of threads.</param>
    public RowProduct(Matrix weights, INetworkEngine engine, int threads)
    {
        (_columns, _outputs) = (weights.Columns, weights.Rows);
        var tensor = new Tensor(_outputs, _columns, 1, 1);
        for (int i = 0; i < tensor.Length; i++)
            tensor.Span[i] = (float)weights.Values[i];

        // The rows are the pixels of one image: engines multiply those together.
        var network = new Network(new Head("product", new Node("product", new Conv2d(tensor), new Node("rows", new Input(_columns, RowsPerRun, 1)))));
        _session = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = threads, ChannelsLastInputs = true });
        _rest = new float[RowsPerRun * _columns];
    }

    /// <summary>result = rows · weightsᵀ.</summary>
    public void Multiply(ReadOnlySpan<float> rows, int count, Span<float> result)
    {
        for (int start = 0; start < count; start += RowsPerRun)
        {
            int run = Math.Min(RowsPerRun, count - start);
            ReadOnlySpan<float> part = rows.Slice(start * _columns, run * _columns);
            if (run < RowsPerRun)
            {
                part.CopyTo(_rest);
                part = _rest;
            }

            _session.Run(part, 1);
            _session.GetOutput(0)[..(run * _outputs)].CopyTo(result[(start * _outputs)..]);
        }
    }

    public void Dispose() => _session.Dispose();
}
