using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet;

/// <summary>
/// A cursor over the input that says which row cannot be read, and why. ML.NET itself reads ahead on several threads: one broken image among thousands ends in
/// "Splitter/consolidator worker encountered exception", hundreds of rows before its own.
/// </summary>
internal sealed class SourceCursor : DataViewRowCursor
{
    /// <summary>How far behind the last good row the broken one is looked for: farther than ML.NET reads ahead.</summary>
    private const int LongestSearch = 1 << 14;

    private const int MostTexts = 3;
    private const int LongestText = 200;

    /// <summary>What ML.NET says of an image that was disposed.</summary>
    private const string Disposed = "Object is disposed";

    /// <summary>Mark of an exception that names its row.</summary>
    private const string NamesRow = "ZipIt_NamesRow";

    private readonly IExceptionContext _context;
    private readonly IDataView _data;
    private readonly DataViewSchema.Column _pixels;
    private readonly DataViewRowCursor _cursor;
    private readonly bool _isInOrder;
    private bool _disposed;

    /// <summary>Takes over a cursor.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="data">What the cursor reads.</param>
    /// <param name="pixels">The pixel column, which is active in the cursor.</param>
    /// <param name="cursor">The cursor.</param>
    /// <param name="isInOrder">Whether it gives all rows in their order: not if they are shuffled, or split over several cursors.</param>
    public SourceCursor(IExceptionContext context, IDataView data, DataViewSchema.Column pixels, DataViewRowCursor cursor, bool isInOrder = true)
    {
        (_context, _data, _pixels, _cursor, _isInOrder) = (context, data, pixels, cursor, isInOrder);
    }

    public override DataViewSchema Schema => _cursor.Schema;

    public override long Position => _cursor.Position;

    public override long Batch => _cursor.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _cursor.IsColumnActive(column);

    public override ValueGetter<DataViewRowId> GetIdGetter() => _cursor.GetIdGetter();

    /// <exception cref="InvalidOperationException">A row cannot be read: this one, or one that ML.NET has read ahead.</exception>
    public override bool MoveNext()
    {
        long next = _cursor.Position + 1;
        try
        {
            return _cursor.MoveNext();
        }
        catch (Exception failure) when (CanExplain(failure))
        {
            throw Explain(failure, next, LongestSearch, $"Row {next} or one behind it");
        }
    }

    /// <remarks>The getter throws an <see cref="InvalidOperationException"/> if the row cannot be read.</remarks>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        ValueGetter<TValue> getter = _cursor.GetGetter<TValue>(column);
        return (ref TValue value) =>
        {
            try
            {
                getter(ref value);
            }
            catch (Exception failure) when (CanExplain(failure))
            {
                throw Explain(failure, _cursor.Position, 1, $"Row {_cursor.Position}");
            }
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
            _cursor.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A row is not at fault if reading was cancelled or memory ran out; and what names a row already is clear.</summary>
    private static bool CanExplain(Exception failure) => failure is not (OperationCanceledException or OutOfMemoryException)
        && !failure.Data.Contains(NamesRow);

    /// <summary>What to throw instead of a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="first">The first row that may be the broken one.</param>
    /// <param name="rows">Number of rows that may be it.</param>
    /// <param name="place">Where it is if it cannot be found.</param>
    private InvalidOperationException Explain(Exception failure, long first, long rows, string place)
    {
        string message = FindExplanation(failure)
            ?? (_isInOrder ? Find(first, first + rows) : Find(0, long.MaxValue))
            ?? Describe(_isInOrder ? $"{place} (counted from 0)" : "A row", failure.GetBaseException());
        InvalidOperationException explained = _context.Process(new InvalidOperationException(message, failure));
        explained.Data[NamesRow] = true;
        return explained;
    }

    /// <summary>An input that is scored itself may have explained it, on a thread of ML.NET's.</summary>
    private static string? FindExplanation(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause.Data.Contains(NamesRow))
                return cause.Message;
        }

        return null;
    }

    /// <summary>Reads the input once more, without computing the rows before the first one, and describes the row whose pixels cannot be read.</summary>
    /// <returns>The description; null if there is none now.</returns>
    private string? Find(long first, long end)
    {
        DataViewSchema.Column[] texts = [.. _data.Schema.Where(column => !column.IsHidden && column.Type is TextDataViewType).Take(MostTexts)];
        DataViewRowCursor[] cursors = [];
        try
        {
            // A single cursor of a set reads on the caller's thread, and fails where the row is.
            cursors = _data.GetRowCursorSet([_pixels, .. texts], 1);
            DataViewRowCursor cursor = cursors[0];
            ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(_pixels);
            VBuffer<float> values = default;
            for (long row = 0; row < end && cursor.MoveNext(); row++)
            {
                try
                {
                    if (row >= first)
                        getter(ref values);
                }
                catch (Exception reason) when (CanExplain(reason))
                {
                    return Describe($"Row {row} (counted from 0{ReadTexts(cursor, texts)})", reason.GetBaseException());
                }
            }

            return null;
        }
        catch (Exception again) when (CanExplain(again))
        {
            return null;
        }
        finally
        {
            foreach (DataViewRowCursor cursor in cursors)
                cursor.Dispose();
        }
    }

    private static string ReadTexts(DataViewRowCursor cursor, IEnumerable<DataViewSchema.Column> columns)
    {
        string texts = "";
        foreach (DataViewSchema.Column column in columns)
        {
            try
            {
                ReadOnlyMemory<char> text = default;
                cursor.GetGetter<ReadOnlyMemory<char>>(column)(ref text);
                texts += $", {column.Name} '{(text.Length > LongestText ? $"…{text[^LongestText..]}" : text)}'";
            }
            catch (Exception unreadable) when (CanExplain(unreadable))
            {
                // The row is broken; what can still be read of it is a help.
            }
        }

        return texts;
    }

    private string Describe(string row, Exception reason) => $"{row} cannot be read: " + reason switch
    {
        ArgumentException { ParamName: "imageStream" } =>
            $"its image cannot be decoded. The file is damaged, or no image of a known format; repair it, or leave the row out. ({reason.Message})",
        InvalidOperationException when reason.Message.StartsWith(Disposed, StringComparison.Ordinal) =>
            "its image was disposed. ML.NET disposes an image when it has been read: let the column give a new one each time, or cache the pixels with " +
            $"mlContext.Data.Cache(data, \"{_pixels.Name}\"). ({reason.Message})",
        _ => reason.Message,
    };
}
