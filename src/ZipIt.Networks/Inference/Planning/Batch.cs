using System.Diagnostics;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>The images that a thread or all threads are working on, and where their values lie.</summary>
internal sealed unsafe class Batch
{
    private readonly ExecutionPlan _plan;
    private readonly AlignedBuffer _passing;
    private readonly float*[] _inputs;
    private float* _kept;
    private int _firstImage;

    /// <summary>Makes room for a number of images.</summary>
    /// <param name="plan">What is run.</param>
    /// <param name="maximumImages">Largest number of images.</param>
    /// <param name="threads">Number of threads that share the work.</param>
    /// <param name="allocate">Gives memory for a number of floats.</param>
    public Batch(ExecutionPlan plan, int maximumImages, int threads, Func<long, AlignedBuffer> allocate)
    {
        _plan = plan;
        _passing = allocate(plan.PassingSize * maximumImages);
        _inputs = new float*[plan.Network.Inputs.Count];
        Threads = threads;
    }

    /// <summary>Number of images.</summary>
    public int Images { get; private set; }

    /// <summary>Number of threads that share the work.</summary>
    public int Threads { get; }

    /// <summary>What the batch normalizations measured, in the order of <see cref="ExecutionPlan.Normalizations"/>.</summary>
    public BatchNormState[] Normalizations { get; init; } = [];

    /// <summary>Chooses the images.</summary>
    /// <param name="inputs">What the caller gave for each input of the network.</param>
    /// <param name="kept">Memory for the kept values of all images.</param>
    /// <param name="firstImage">First image.</param>
    /// <param name="images">Number of images.</param>
    public void Take(float*[] inputs, float* kept, int firstImage, int images)
    {
        Images = images;
        _firstImage = firstImage;
        _kept = kept;
        for (int i = 0; i < inputs.Length; i++)
        {
            ReadOnlySpan<int> shape = _plan.Network.ShapeOf(_plan.Network.Inputs[i]);
            _inputs[i] = inputs[i] + (nint)firstImage * shape[0] * shape[1] * shape[2];
        }
    }

    /// <summary>Address of a value: that of the first image.</summary>
    public float* At(PlannedValue value) => value.IsKept
        ? _kept + (nint)(value.Offset * _plan.MaximumBatchSize) + (nint)_firstImage * value.ImageSize
        : _passing.Pointer + (nint)(value.Offset * Images);

    /// <summary>Asserts that some floats belong to the batch's images of a value.</summary>
    [Conditional("DEBUG")]
    public void AssertInside(PlannedValue value, float* first, nint count) => Debug.Assert(
        count >= 0 && first >= At(value) && first + count <= At(value) + (nint)Images * value.ImageSize, "A step leaves the memory of a value.");

    /// <summary>What the caller gave as the input of a number.</summary>
    public float* GetInput(int index) => _inputs[index];
}
