using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>Images, kept as plain pixels.</summary>
/// <remarks>
/// In ML.NET an image lives until its getter is called again: the getter disposes what it finds in the variable, and may share the image with the transform in
/// front of it. So nothing of an image is held beyond that but its pixels; consumers get an image of their own with every call, as from <c>LoadImages</c>.
/// Images in memory are different: they are the application's, the getter hands out the same one each time and disposes none. It then goes on to the consumer
/// as it is.
/// </remarks>
internal sealed class ImageBuffer : ColumnBuffer
{
    private readonly ValueGetter<MLImage?> _getter;
    private readonly Slot[] _slots;
    private MLImage? _image; // the variable that the input's getter finds, as from any consumer
    private bool? _areShared;

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
            if (_areShared != true)
                value?.Dispose();
            value = slot.Shared is { } shared && IsAlive(shared) ? shared : slot.CreateImage();
        };
        return getter;
    }

    protected override long ReadValue(int slot)
    {
        ref Slot target = ref _slots[slot];
        MLImage? image = ReadImage();
        (target.IsMissing, target.Shared) = (image is null, _areShared == true ? image : null);
        if (image is null)
            return 0;
        ReadOnlySpan<byte> pixels = image.Pixels;
        if (target.Pixels?.Length != pixels.Length)
            target.Pixels = GC.AllocateUninitializedArray<byte>(pixels.Length);
        pixels.CopyTo(target.Pixels);
        (target.Width, target.Height, target.Format, target.Tag) = (image.Width, image.Height, image.PixelFormat, image.Tag);
        return pixels.Length;
    }

    private MLImage? ReadImage()
    {
        if (_areShared is null)
        {
            Compare();
            return _image;
        }

        if (_areShared == true)
            _image = null; // not to be disposed
        _getter(ref _image);
        return _image;
    }

    /// <summary>Finds out, with the first image, whether the getter makes one for every call.</summary>
    private void Compare()
    {
        MLImage? first = null;
        _getter(ref first);
        if (first is null)
            return;
        _image = null;
        _getter(ref _image);
        _areShared = ReferenceEquals(first, _image);
        if (_areShared == false)
            first.Dispose();
    }

    private static bool IsAlive(MLImage image)
    {
        try
        {
            return image.Width > 0;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private struct Slot
    {
        public bool IsMissing;
        public MLImage? Shared;
        public byte[]? Pixels;
        public int Width;
        public int Height;
        public MLPixelFormat Format;
        public string? Tag;

        public readonly MLImage? CreateImage()
        {
            if (IsMissing)
                return null;
            MLImage image = MLImage.CreateFromPixels(Width, Height, Format, Pixels);
            image.Tag = Tag;
            return image;
        }
    }
}
