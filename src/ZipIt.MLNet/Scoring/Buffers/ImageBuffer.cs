using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>Images, kept as plain pixels.</summary>
/// <remarks>
/// In ML.NET an image lives until its getter is called again: the getter disposes, or fills anew, what it finds in the variable, and may share the image with the transform
/// in front of it. So the input's getter always gets the same variable, as from any consumer, and nothing of the image is held beyond that. Consumers get an image of their
/// own with every call, as from <c>LoadImages</c>.
/// </remarks>
internal sealed class ImageBuffer : ColumnBuffer
{
    private readonly ValueGetter<MLImage?> _getter;
    private readonly Slot[] _slots;
    private MLImage? _image; // left to the input: it may be the application's

    public ImageBuffer(DataViewRow input, DataViewSchema.Column column, int capacity)
        : base(capacity)
    {
        _getter = input.GetGetter<MLImage?>(column);
        _slots = new Slot[capacity];
    }

    public override Delegate CreateGetter(Func<int> current)
    {
        ValueGetter<MLImage?> getter = (ref MLImage? value) =>
        {
            ref readonly Slot slot = ref _slots[Check(current())];
            value?.Dispose();
            value = null;
            if (slot.IsMissing)
                return;
            value = MLImage.CreateFromPixels(slot.Width, slot.Height, slot.Format, slot.Pixels);
            value.Tag = slot.Tag;
        };
        return getter;
    }

    protected override long ReadValue(int slot)
    {
        _getter(ref _image);
        ref Slot target = ref _slots[slot];
        target.IsMissing = _image is null;
        if (_image is null)
            return 0;
        ReadOnlySpan<byte> pixels = _image.Pixels;
        if (target.Pixels?.Length != pixels.Length)
            target.Pixels = GC.AllocateUninitializedArray<byte>(pixels.Length);
        pixels.CopyTo(target.Pixels);
        (target.Width, target.Height, target.Format, target.Tag) = (_image.Width, _image.Height, _image.PixelFormat, _image.Tag);
        return pixels.Length;
    }

    private struct Slot
    {
        public bool IsMissing;
        public byte[]? Pixels;
        public int Width;
        public int Height;
        public MLPixelFormat Format;
        public string? Tag;
    }
}
