using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>Vectors, dense or sparse.</summary>
internal sealed class VectorBuffer<T> : ColumnBuffer
{
    private readonly ValueGetter<VBuffer<T>> _getter;
    private readonly VBuffer<T>[] _values;

    public VectorBuffer(DataViewRow input, DataViewSchema.Column column, int capacity)
        : base(capacity)
    {
        _getter = input.GetGetter<VBuffer<T>>(column);
        _values = new VBuffer<T>[capacity];
    }

    public override Delegate CreateGetter(Func<int> current)
    {
        ValueGetter<VBuffer<T>> getter = (ref VBuffer<T> value) => _values[Check(current())].CopyTo(ref value);
        return getter;
    }

    protected override long ReadValue(int slot)
    {
        _getter(ref _values[slot]);
        return (long)_values[slot].GetValues().Length * Unsafe.SizeOf<T>();
    }
}
