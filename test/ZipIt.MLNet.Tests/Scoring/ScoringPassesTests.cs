using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Tests;

/// <summary>The log says once that a view is scored again and again.</summary>
public sealed class ScoringPassesTests
{
    private readonly MLContext _context = new(1);
    private readonly List<string> _warnings = [];

    public ScoringPassesTests() => _context.Log += (_, message) =>
    {
        if (message.Kind == ChannelMessageKind.Warning && message.RawMessage.Contains("AppendCacheCheckpoint", StringComparison.Ordinal))
            _warnings.Add(message.RawMessage);
    };

    [Fact]
    public void Transform_ThirdFullPassOverOneView_SaysSoOnce()
    {
        IDataView scored = Zip().Transform(Samples.View(_context, 40));

        Read(scored, "Score");
        Read(scored, "Number", "Score");
        Assert.Empty(_warnings);
        ReadSet(scored, "PredictedLabel");
        Assert.Single(_warnings);
        for (int i = 0; i < 5; i++)
            Read(scored, "Score");

        Assert.Single(_warnings);
    }

    [Fact]
    public void Transform_PassesWithoutScoresOrGivenUp_DoNotCount()
    {
        IDataView scored = Zip().Transform(Samples.View(_context, 40));

        for (int i = 0; i < 4; i++)
        {
            Read(scored, "Number");
            using DataViewRowCursor givenUp = scored.GetRowCursor([scored.Schema["Score"]]);
            givenUp.MoveNext();
        }

        Read(Zip().Transform(Samples.View(_context, 40)), "Score");
        Read(Zip().Transform(Samples.View(_context, 40)), "Score");
        Read(scored, "Score");

        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Fit_TrainerThatReadsOften_NeedsACheckpoint(bool withCheckpoint, int warnings)
    {
        IDataView data = Samples.View(_context, 40);
        var zip = _context.Transforms.Conversion.MapValueToKey("Label", "Class")
            .Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier));
        var trainer = _context.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Score", maximumNumberOfIterations: 3);

        _ = (withCheckpoint ? zip.AppendCacheCheckpoint(_context).Append(trainer) : zip.Append(trainer)).Fit(data);

        Assert.Equal(warnings, _warnings.Count);
    }

    private ZipTransformer Zip() => _context.Transforms.Zip("Pixels", Samples.AnimalClassifier).Fit(Samples.View(_context, 1));

    private static void Read(IDataView view, params string[] names)
    {
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema.Where(column => names.Contains(column.Name)));
        ReadAll(cursor);
    }

    private static void ReadSet(IDataView view, params string[] names)
    {
        foreach (DataViewRowCursor cursor in view.GetRowCursorSet(view.Schema.Where(column => names.Contains(column.Name)), 3))
        {
            ReadAll(cursor);
            cursor.Dispose();
        }
    }

    private static void ReadAll(DataViewRowCursor cursor)
    {
        Action read = () => { };
        if (cursor.Schema.FirstOrDefault(column => column.Name == "Score" && cursor.IsColumnActive(column)) is { Name: not null } score)
        {
            ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(score);
            VBuffer<float> value = default;
            read = () => getter(ref value);
        }
        else if (cursor.Schema.FirstOrDefault(column => column.Name == "PredictedLabel" && cursor.IsColumnActive(column)) is { Name: not null } label)
        {
            ValueGetter<uint> getter = cursor.GetGetter<uint>(label);
            uint value = 0;
            read = () => getter(ref value);
        }

        while (cursor.MoveNext())
            read();
    }
}
