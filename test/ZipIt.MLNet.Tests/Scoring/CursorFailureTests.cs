using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

/// <summary>An exception of the data comes where it belongs, as if nothing were read ahead, and nothing is left open.</summary>
public sealed class CursorFailureTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void MoveNext_RowThatFails_ThrowsThereAndLeavesTheRowsBefore()
    {
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(FailAt(20)));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Number"], scored.Schema["Score"]]);
        ValueGetter<int> number = cursor.GetGetter<int>(scored.Schema["Number"]);
        ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> buffer = default;

        for (int i = 0; i < 20; i++)
        {
            Assert.True(cursor.MoveNext());
            int value = -1;
            number(ref value);
            scores(ref buffer);
            Assert.Equal(i, value);
        }

        Assert.Equal("Row 20 is out of reach.", Assert.Throws<InvalidOperationException>(() => cursor.MoveNext()).InnerException!.Message);
        Assert.Throws<InvalidOperationException>(() => scores(ref buffer));
        Assert.False(cursor.MoveNext()); // the enumeration has ended with its exception
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void MoveNext_InputThatGoesOnAfterAnException_GoesOnToo()
    {
        var view = new WatchedView(Samples.View(_context, 40)) { OnMove = position => Fail(position == 10) };
        IDataView scored = Samples.Zipped.Transform(view);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Number"], scored.Schema["Score"]]);
        ValueGetter<int> number = cursor.GetGetter<int>(scored.Schema["Number"]);
        var seen = new List<int>();
        int failures = 0;

        for (bool more = true; more;)
        {
            try
            {
                more = cursor.MoveNext();
                if (!more)
                    continue;
                int value = -1;
                number(ref value);
                seen.Add(value);
            }
            catch (InvalidOperationException failure) when (failure.InnerException is TimeoutException)
            {
                failures++;
            }
        }

        Assert.Equal(1, failures);
        Assert.Equal(Enumerable.Range(0, 40).Where(i => i != 10), seen);
    }

    [Fact]
    public void Getter_ValueThatFails_ThrowsAtItsRowOnly()
    {
        var data = new WatchedView(Samples.View(_context, 20)) { OnRead = (column, position) => Fail(column == "Number" && position == 7) };
        IDataView scored = Samples.Zipped.Transform(data);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Number"], scored.Schema["Score"]]);
        ValueGetter<int> number = cursor.GetGetter<int>(scored.Schema["Number"]);
        ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> buffer = default;

        for (int i = 0; cursor.MoveNext(); i++)
        {
            int value = -1;
            scores(ref buffer);
            if (i == 7)
                Assert.IsType<TimeoutException>(Assert.Throws<InvalidOperationException>(() => number(ref value)).InnerException);
            else
                number(ref value);
            Assert.Equal(i == 7 ? -1 : i, value);
        }
    }

    [Fact]
    public void Getter_PixelsThatCannotBeRead_ThrowsAtTheScoresOfThatRowOnly()
    {
        var data = new WatchedView(Samples.View(_context, 12))
        {
            OnRead = (column, position) =>
            {
                if (column == "Pixels" && position == 5)
                    throw new IOException("The file is broken.");
            },
        };
        IDataView scored = Samples.Zipped.Transform(data);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> buffer = default;

        for (int i = 0; cursor.MoveNext(); i++)
        {
            if (i != 5)
            {
                scores(ref buffer);
                continue;
            }

            string message = Assert.Throws<InvalidOperationException>(() => scores(ref buffer)).Message;
            Assert.StartsWith("Row 5 ", message);
            Assert.Contains("The file is broken.", message);
        }
    }

    [Fact]
    public void GetRowCursor_ThatFails_DisposesTheInput()
    {
        var view = new WatchedView(Samples.View(_context, 5)) { GetterFailure = new TimeoutException() };
        IDataView scored = Samples.Zipped.Transform(view);

        Assert.Throws<TimeoutException>(() => scored.GetRowCursor([scored.Schema["Class"], scored.Schema["Score"]]));
        Assert.Throws<TimeoutException>(() => scored.GetRowCursor([scored.Schema["Score"]]));
        Assert.Throws<TimeoutException>(() => scored.GetRowCursorSet([scored.Schema["Class"], scored.Schema["Score"]], 2));

        Assert.Equal(4, view.Cursors.Count);
        Assert.Equal(0, view.Open);
    }

    [Fact]
    public void Dispose_InTheMiddleOfABatch_EndsTheCursorAndTheInput()
    {
        var view = new WatchedView(Samples.View(_context, 40));
        IDataView scored = Samples.Zipped.Transform(view);
        DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Class"], scored.Schema["Score"]]);
        Assert.True(cursor.MoveNext());

        cursor.Dispose();
        cursor.Dispose();

        Assert.Equal(0, view.Open);
        Assert.Equal(-1, cursor.Position);
        Assert.False(cursor.MoveNext());
    }

    private static void Fail(bool condition)
    {
        if (condition)
            throw new TimeoutException();
    }

    private static IEnumerable<PixelRow> FailAt(int row)
    {
        foreach (PixelRow pixels in Samples.Rows(row))
            yield return pixels;
        throw new TimeoutException($"Row {row} is out of reach.");
    }
}
