using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>Some images and, once they are scored, their scores. Belongs to one cursor or row.</summary>
/// <remarks>An image with a value that is no finite number is not shown to the network: all its scores are NaN.</remarks>
internal sealed class ScoredImages
{
    private readonly ScoringModel _model;
    private readonly int _length;
    private readonly float[] _pixels;
    private readonly bool[] _isMissing;
    private readonly float[] _joint;
    private readonly float[] _perTask;
    private bool _isScored;

    public ScoredImages(ScoringModel model, int capacity)
    {
        _model = model;
        _length = model.ImageLength;
        _pixels = new float[checked(capacity * _length)];
        _isMissing = new bool[capacity];
        _joint = new float[capacity * model.Scorer.ClassCount];
        _perTask = new float[_joint.Length];
        Capacity = capacity;
    }

    /// <summary>Largest number of images.</summary>
    public int Capacity { get; }

    /// <summary>Number of images.</summary>
    public int Count { get; private set; }

    public void Clear()
    {
        Count = 0;
        _isScored = false;
    }

    public void Add(PixelReader reader)
    {
        _isMissing[Count] = !reader.Read(_pixels.AsSpan(Count * _length, _length));
        Count++;
    }

    /// <summary>A probability for each class of all tasks.</summary>
    public ReadOnlySpan<float> Joint(int image) => ScoresOf(image, _joint);

    /// <summary>Probabilities that sum to 1 within each task.</summary>
    public ReadOnlySpan<float> PerTask(int image) => ScoresOf(image, _perTask);

    private ReadOnlySpan<float> ScoresOf(int image, float[] scores)
    {
        if (!_isScored)
            Run();
        int classes = _model.Scorer.ClassCount;
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
            int classes = scorer.ClassCount;
            for (int image = 0; image < Count; image++)
            {
                Span<float> joint = _joint.AsSpan(image * classes, classes);
                Span<float> perTask = _perTask.AsSpan(image * classes, classes);
                scorer.Score(session, image, joint, perTask);
                if (_isMissing[image])
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
        _isScored = true;
    }
}
