using System.Buffers.Binary;
using Microsoft.ML;
using ZipIt.Merging;

namespace ZipIt.MLNet.Tests;

public sealed class CalibrationTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void Fit_Default_CalibratesTheTasks()
    {
        Assert.Equal(JointScoring.Calibrated, Samples.Zipped.JointScoring);
        Assert.All(Samples.Zipped.Tasks, task => Assert.True(task.Calibration!.Value.Temperature > 0));
        Assert.Equal(0, Samples.Zipped.Tasks.Sum(task => task.Calibration!.Value.Offset), 1e-5);
    }

    [Fact]
    public void Fit_Ensemble_IsCalibratedToo()
    {
        ZipTransformer ensemble = Samples.Fit(_context, new ZipEstimator.Options { Cut = ZipCut.Nothing });

        Assert.All(ensemble.Tasks, task => Assert.NotNull(task.Calibration));
        Assert.Equal(0, ensemble.Report!.Loss);
    }

    [Fact]
    public void Fit_PaperMethod_ComparesTasksAsThePaperDoes() =>
        Assert.Equal(JointScoring.Softmax, Samples.Fit(_context, new ZipEstimator.Options { Method = ZipMethod.Paper }).JointScoring);

    [Theory]
    [InlineData(1.0, 1)]
    [InlineData(0.0, 0)]
    public void Fit_MaximumLoss_SharesAsMuchAsItAllows(double loss, int shared)
    {
        ZipTransformer model = Samples.Fit(_context, new ZipEstimator.Options { MaximumLoss = loss });

        Assert.Equal(shared == 1, model.Report!.Cuts.Count == 1);
        Assert.True(model.Report.Loss <= loss);
        Assert.Equal(model.Report.Cut, model.Report.Cuts[^1].Cut);
    }

    [Theory]
    [InlineData(-0.1, null)]
    [InlineData(double.NaN, null)]
    [InlineData(0.1, 1.5)]
    public void Zip_UnfitMaximumLoss_IsRefused(double loss, double? budget) => Assert.Contains(
        "MaximumLoss", Assert.ThrowsAny<ArgumentException>(() => Samples.Fit(_context, new ZipEstimator.Options { MaximumLoss = loss, FlopsBudget = budget }))
        .Message);

    [Theory]
    [InlineData(2, 1f, "0 or a 1")]
    [InlineData(1, 0f, "positive temperature")]
    [InlineData(1, float.NaN, "positive temperature")]
    public void FromBytes_DamagedCalibration_IsRefused(int flag, float temperature, string expected)
    {
        byte[] bytes = new ZipModelDescription(Samples.Zipped).ToBytes();
        Span<byte> calibration = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(calibration, 1);
        BinaryPrimitives.WriteSingleLittleEndian(calibration[4..], Samples.Zipped.Tasks[0].Calibration!.Value.Temperature);
        int place = bytes.AsSpan().IndexOf(calibration);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(place), flag);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(place + 4), temperature);

        Exception failure = Assert.ThrowsAny<Exception>(() => ZipModelDescription.FromBytes(bytes));

        Assert.Contains(expected, failure.Message);
    }
}
