using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace ZipIt.MLNet;

/// <summary>Numbers, keys, texts and whatever else is copied by assignment.</summary>
internal sealed class ValueBuffer<T> : ColumnBuffer
{
    private readonly ValueGetter<T> _getter;
    private readonly T[] _values;

    public ValueBuffer(DataViewRow input, DataViewSchema.Column column, int capacity)
        : base(capacity)
    {
        _getter = input.GetGetter<T>(column);
        _values = new T[capacity];
    }

    public override Delegate CreateGetter(Func<int> current)
    {
        ValueGetter<T> getter = (ref T value) => value = _values[Check(current())];
        return getter;
    }

    protected override long ReadValue(int slot)
    {
        // An object that was handed out is not given back to be filled anew.
        _values[slot] = default!;
        _getter(ref _values[slot]);
        return Unsafe.SizeOf<T>();
    }
}
