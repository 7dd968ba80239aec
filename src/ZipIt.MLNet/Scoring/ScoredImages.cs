using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>Some images and, once they are scored, their scores. Belongs to one cursor or row.</summary>
/// <remarks>
/// An image with a value that is no pixel (<see cref="PixelReader.LargestValue"/>) is not shown to the network: all its scores are NaN. They also are where the
/// network's outputs are too large for a float.
/// </remarks>
internal sealed class ScoredImages
{
    private readonly ScoringModel _model;
    private readonly int _length;
    private readonly float[] _pixels;
    private readonly bool[] _isMissing;
    private readonly float[] _joint;
    private readonly float[] _perTask;
    private ExceptionDispatchInfo?[]? _failures;
    private bool _isScored;

    public ScoredImages(ScoringModel model, int capacity)
    {
        _model = model;
        _length = model.ImageLength;
        _pixels = new float[checked(capacity * _length)];
        _isMissing = new bool[capacity];
        _joint = new float[capacity * model.Scorer.ClassCount];
        _perTask = new float[capacity * model.Scorer.TaskClassCount];
        Capacity = capacity;
    }

    /// <summary>Largest number of images.</summary>
    public int Capacity { get; }

    /// <summary>Number of images.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the network has run, for these images or for earlier ones.</summary>
    public bool HasRun { get; private set; }

    public void Clear()
    {
        Count = 0;
        _isScored = false;
        if (_failures is not null)
            Array.Clear(_failures);
    }

    /// <summary>Reads an image. If that fails, whoever asks for its scores gets the exception.</summary>
    public void Add(PixelReader reader)
    {
        Span<float> pixels = _pixels.AsSpan(Count * _length, _length);
        try
        {
            _isMissing[Count] = !reader.Read(pixels);
        }
        catch (Exception failure)
        {
            pixels.Clear();
            (_failures ??= new ExceptionDispatchInfo?[Capacity])[Count] = ExceptionDispatchInfo.Capture(failure);
        }

        Count++;
    }

    /// <summary>A probability for each class of all tasks.</summary>
    public ReadOnlySpan<float> Joint(int image) => ScoresOf(image, _joint, _model.Scorer.ClassCount);

    /// <summary>Probabilities that sum to 1 within each task.</summary>
    public ReadOnlySpan<float> PerTask(int image) => ScoresOf(image, _perTask, _model.Scorer.TaskClassCount);

    private ReadOnlySpan<float> ScoresOf(int image, float[] scores, int classes)
    {
        _failures?[image]?.Throw();
        if (!_isScored)
            Run();
        return scores.AsSpan(image * classes, classes);
    }

    private void Run()
    {
        SessionPool pool = _model.SessionsFor(Capacity);
        INetworkSession session = pool.Rent();
        try
        {
            session.Run(_pixels.AsSpan(0, Count * _length), Count);
            TaskScorer scorer = _model.Scorer;
            for (int image = 0; image < Count; image++)
            {
                Span<float> joint = _joint.AsSpan(image * scorer.ClassCount, scorer.ClassCount);
                Span<float> perTask = _perTask.AsSpan(image * scorer.TaskClassCount, scorer.TaskClassCount);
                scorer.Score(session, image, joint, perTask);
                if (_isMissing[image] || !IsFinite(session, image))
                {
                    joint.Fill(float.NaN);
                    perTask.Fill(float.NaN);
                }
            }
        }
        catch
        {
            session.Dispose();
            throw;
        }

        pool.Return(session);
        (_isScored, HasRun) = (true, true);
    }

    /// <summary>Whether the outputs for an image, and their lengths as vectors, are finite numbers.</summary>
    private bool IsFinite(INetworkSession session, int image)
    {
        for (int head = 0; head < _model.OutputLengths.Count; head++)
        {
            int length = _model.OutputLengths[head];
            if (!float.IsFinite(TensorPrimitives.SumOfSquares(session.GetOutput(head).Slice(image * length, length))))
                return false;
        }

        return true;
    }
}
