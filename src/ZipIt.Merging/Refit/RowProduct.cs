using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Multiplies many rows with one weight matrix: predictions of a least-squares solution.</summary>
internal sealed class RowProduct : IDisposable
{
    private const int ManyRows = 1024;
    private const int FewRows = 128;

    private readonly INetworkSession _many;
    private readonly INetworkSession _few;
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

        var convolution = new Conv2d(tensor);
        (_many, _few) = (CreateSession(ManyRows), CreateSession(FewRows));
        _rest = new float[FewRows * _columns];

        // The rows are the pixels of one image: engines multiply those together.
        INetworkSession CreateSession(int rows)
        {
            var network = new Network(new Head("product", new Node("product", convolution, new Node("rows", new Input(_columns, rows, 1)))));
            return engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = threads, ChannelsLastInputs = true });
        }
    }

    /// <summary>result = rows · weightsᵀ.</summary>
    public void Multiply(ReadOnlySpan<float> rows, int count, Span<float> result)
    {
        for (int start = 0; start < count;)
        {
            bool isMany = count - start >= ManyRows;
            INetworkSession session = isMany ? _many : _few;
            int run = Math.Min(isMany ? ManyRows : FewRows, count - start);
            ReadOnlySpan<float> part = rows.Slice(start * _columns, run * _columns);
            if (run < FewRows)
            {
                part.CopyTo(_rest);
                part = _rest;
            }

            session.Run(part, 1);
            session.GetOutput(0)[..(run * _outputs)].CopyTo(result[(start * _outputs)..]);
            start += run;
        }
    }

    public void Dispose()
    {
        _many.Dispose();
        _few.Dispose();
    }
}
