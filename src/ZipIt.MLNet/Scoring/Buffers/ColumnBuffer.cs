using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>
/// Values of one column of the input for the rows that a cursor has read ahead, so that each of them can be handed out with its row. Memory is reused from one
/// batch to the next.
/// </summary>
internal abstract class ColumnBuffer
{
    private readonly int _capacity;
    private ExceptionDispatchInfo?[]? _failures;

    protected ColumnBuffer(int capacity) => _capacity = capacity;

    /// <summary>Makes a buffer for a column of any type.</summary>
    /// <param name="input">The cursor; the column must be active in it.</param>
    /// <param name="column">A column of the cursor.</param>
    /// <param name="capacity">Largest number of rows.</param>
    public static ColumnBuffer Create(DataViewRow input, DataViewSchema.Column column, int capacity)
    {
        if (column.Type.RawType == typeof(MLImage))
            return new ImageBuffer(input, column, capacity);

        // What a column holds is known at run time alone, and an application can register types of its own.
        Type type = column.Type is VectorDataViewType vector
            ? typeof(VectorBuffer<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(ValueBuffer<>).MakeGenericType(column.Type.RawType);
        return (ColumnBuffer)Activator.CreateInstance(type, BindingFlags.DoNotWrapExceptions, null, [input, column, capacity], null)!;
    }

    /// <summary>Reads the value of the row that the input stands on. If that fails, whoever asks for the value gets the exception.</summary>
    /// <param name="slot">Index of the row among those that are read ahead.</param>
    /// <returns>Number of bytes that the value takes.</returns>
    public long Read(int slot)
    {
        if (_failures is not null)
            _failures[slot] = null;
        try
        {
            return ReadValue(slot);
        }
        catch (Exception failure)
        {
            (_failures ??= new ExceptionDispatchInfo?[_capacity])[slot] = ExceptionDispatchInfo.Capture(failure);
            return 0;
        }
    }

    /// <summary>A getter of the column.</summary>
    /// <param name="current">Index of the present row among those that are read ahead.</param>
    public abstract Delegate CreateGetter(Func<int> current);

    protected abstract long ReadValue(int slot);

    /// <summary>Throws what reading the value has thrown.</summary>
    protected int Check(int slot)
    {
        _failures?[slot]?.Throw();
        return slot;
    }
}
