using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

[assembly: LoadableClass(
    ImagePixelExtractingTransformer.Summary, typeof(ImagePixelExtractingTransformer), null, typeof(SignatureLoadModel),
    ImagePixelExtractingTransformer.UserName, ImagePixelExtractingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms.Image;

/// <summary>Takes the colours of the pixels of images as a vector.</summary>
public sealed class ImagePixelExtractingTransformer : OneToOneTransformerBase
{
    internal const string Summary = "Extract color plane(s) from an image. Options include scaling, offset and conversion to floating point.";
    internal const string UserName = "Image Pixel Extractor Transform";
    internal const string LoaderSignature = "ImagePixelExtractor";
    internal const uint BeforeOrderVersion = 0x00010002;

    private readonly ImagePixelExtractingEstimator.ColumnOptions[] _columns;

    internal ImagePixelExtractingTransformer(IHostEnvironment env, params ImagePixelExtractingEstimator.ColumnOptions[] columns)
        : base(
            Contracts.CheckRef(env, nameof(env)).Register(nameof(ImagePixelExtractingTransformer)),
            [.. columns.Select(column => (column.Name, column.InputColumnName))])
    {
        _columns = columns;
    }

    // Format: columns; for each, byte colours, byte order (not before version 0x00010003), byte 1 for numbers and 0 for bytes, float offset,
    // float scale, byte 1 if the colours of a pixel stand together.
    private ImagePixelExtractingTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
        _columns = new ImagePixelExtractingEstimator.ColumnOptions[ColumnPairs.Length];
        for (int i = 0; i < _columns.Length; i++)
            _columns[i] = new ImagePixelExtractingEstimator.ColumnOptions(ColumnPairs[i].outputColumnName, ColumnPairs[i].inputColumnName, ctx);
    }

    internal IReadOnlyCollection<ImagePixelExtractingEstimator.ColumnOptions> Columns => _columns;

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
        string name = _columns[col].InputColumnName;
        if (inputSchema[srcCol].Type is not ImageDataViewType image)
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name, "image", inputSchema[srcCol].Type.ToString());
        if (image.Height <= 0 || image.Width <= 0)
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name, "known-size image", "unknown-size image");
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        SaveColumns(ctx);
        foreach (ImagePixelExtractingEstimator.ColumnOptions column in _columns)
            column.Save(ctx);
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static ImagePixelExtractingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        return new ImagePixelExtractingTransformer(env.Register(nameof(ImagePixelExtractingTransformer)), ctx);
    }

    private static VersionInfo GetVersionInfo() =>
        new("IMGPXEXT", 0x00010003, BeforeOrderVersion, BeforeOrderVersion, AssemblyNames.ImageAnalytics, LoaderSignature);

    private sealed class Mapper(ImagePixelExtractingTransformer parent, DataViewSchema inputSchema)
        : OneToOneMapperBase(parent.Host.Register(nameof(Mapper)), parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
            [.. parent._columns.Select((column, i) => new DataViewSchema.DetachedColumn(column.Name, TypeOf(column, SizeOf(i))))];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            ImagePixelExtractingEstimator.ColumnOptions column = parent._columns[iinfo];
            ValueGetter<MLImage> getSource = input.GetGetter<MLImage>(InputSchema[ColMapNewToOld[iinfo]]);
            return column.OutputAsFloatArray
                ? MakeGetter<float>(getSource, column, SizeOf(iinfo), out disposer)
                : MakeGetter<byte>(getSource, column, SizeOf(iinfo), out disposer);
        }

        private static VectorDataViewType TypeOf(ImagePixelExtractingEstimator.ColumnOptions column, ImageDataViewType size)
        {
            NumberDataViewType item = column.OutputAsFloatArray ? NumberDataViewType.Single : NumberDataViewType.Byte;
            return column.InterleavePixelColors
                ? new VectorDataViewType(item, size.Height, size.Width, column.Planes)
                : new VectorDataViewType(item, column.Planes, size.Height, size.Width);
        }

        private ImageDataViewType SizeOf(int column) => (ImageDataViewType)InputSchema[ColMapNewToOld[column]].Type;

        private ValueGetter<VBuffer<T>> MakeGetter<T>(
            ValueGetter<MLImage> getSource, ImagePixelExtractingEstimator.ColumnOptions column, ImageDataViewType size, out Action disposer)
            where T : unmanaged, INumber<T>
        {
            MLImage source = null;
            disposer = () => source?.Dispose();
            int pixels = size.Height * size.Width;
            return (ref VBuffer<T> value) =>
            {
                getSource(ref source);
                if (source == null)
                {
                    value = VBufferEditor.Create(ref value, pixels * column.Planes, 0).Commit();
                    return;
                }
                Host.Check(
                    source.Height == size.Height && source.Width == size.Width,
                    $"The image in column '{column.InputColumnName}' has {source.Width}x{source.Height} pixels instead of {size.Width}x{size.Height}.");
                VBufferEditor<T> editor = VBufferEditor.Create(ref value, pixels * column.Planes);
                Extract(source, column, editor.Values);
                value = editor.Commit();
            };
        }

        private static void Extract<T>(MLImage image, ImagePixelExtractingEstimator.ColumnOptions column, Span<T> values)
            where T : unmanaged, INumber<T>
        {
            ImagePixelExtractingEstimator.GetOrder(
                column.OrderOfExtraction, column.ColorsToExtract, out int alpha, out int red, out int blue, out int green);
            (int redByte, int blueByte) = image.PixelFormat == MLPixelFormat.Bgra32 ? (2, 0) : (0, 2);
            ReadOnlySpan<(int Plane, int Byte)> channels = [(alpha, 3), (red, redByte), (green, 1), (blue, blueByte)];

            // Every byte has one of 256 values: convert those once.
            Span<T> converted = stackalloc T[256];
            for (int i = 0; i < converted.Length; i++)
                converted[i] = T.CreateTruncating(column.OutputAsFloatArray ? (i - column.OffsetImage) * column.ScaleImage : i);

            ReadOnlySpan<byte> pixels = image.Pixels;
            int count = pixels.Length / 4;
            foreach ((int plane, int offset) in channels)
            {
                if (plane < 0)
                    continue;
                int step = column.InterleavePixelColors ? column.Planes : 1;
                int target = column.InterleavePixelColors ? plane : plane * count;
                for (int i = offset; i < pixels.Length; i += 4, target += step)
                    values[target] = converted[pixels[i]];
            }
        }
    }
}

/// <summary>Takes the colours of the pixels of images as a vector.</summary>
public sealed class ImagePixelExtractingEstimator : TrivialEstimator<ImagePixelExtractingTransformer>
{
    [BestFriend]
    internal ImagePixelExtractingEstimator(
        IHostEnvironment env,
        string outputColumnName,
        string inputColumnName = null,
        ColorBits colorsToExtract = Defaults.Colors,
        ColorsOrder orderOfExtraction = Defaults.Order,
        bool interleavePixelColors = Defaults.Interleave,
        float offsetImage = Defaults.Offset,
        float scaleImage = Defaults.Scale,
        bool outputAsFloatArray = Defaults.Convert)
        : this(
            env,
            new ColumnOptions(
                outputColumnName, inputColumnName, colorsToExtract, orderOfExtraction, interleavePixelColors, offsetImage, scaleImage, outputAsFloatArray))
    {
    }

    internal ImagePixelExtractingEstimator(IHostEnvironment env, params ColumnOptions[] columns)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ImagePixelExtractingEstimator)), new ImagePixelExtractingTransformer(env, columns))
    {
    }

    /// <summary>Colours of a pixel.</summary>
    [Flags]
    public enum ColorBits : byte
    {
        /// <summary>Alpha.</summary>
        Alpha = 0x01,

        /// <summary>Red.</summary>
        Red = 0x02,

        /// <summary>Green.</summary>
        Green = 0x04,

        /// <summary>Blue.</summary>
        Blue = 0x08,

        /// <summary>Red, green and blue.</summary>
        Rgb = Red | Green | Blue,

        /// <summary>All of them.</summary>
        All = Alpha | Red | Green | Blue,
    }

    /// <summary>The order of colours.</summary>
    public enum ColorsOrder : byte
    {
        /// <summary>Alpha, red, green, blue.</summary>
        ARGB = 1,

        /// <summary>Alpha, red, blue, green.</summary>
        ARBG = 2,

        /// <summary>Alpha, blue, red, green.</summary>
        ABRG = 3,

        /// <summary>Alpha, blue, green, red.</summary>
        ABGR = 4,

        /// <summary>Alpha, green, red, blue.</summary>
        AGRB = 5,

        /// <summary>Alpha, green, blue, red.</summary>
        AGBR = 6,
    }

    /// <inheritdoc/>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Dictionary<string, ColumnOptions> byName = Transformer.Columns.ToDictionary(column => column.Name);
        DataViewType ItemOf(string name) => byName[name].OutputAsFloatArray ? NumberDataViewType.Single : NumberDataViewType.Byte;
        return ColumnShapes.MapEach(
            Host,
            inputSchema,
            Transformer.ColumnPairs,
            new ImageDataViewType().ToString(),
            column => column.ItemType is ImageDataViewType && column.Kind == SchemaShape.Column.VectorKind.Scalar,
            (name, _) => new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, ItemOf(name), false));
    }

    /// <summary>The place of each colour among those that are taken, -1 if it is not.</summary>
    internal static void GetOrder(ColorsOrder order, ColorBits colors, out int a, out int r, out int b, out int g)
    {
        // The names of the values spell the order.
        int[] places = [-1, -1, -1, -1];
        ReadOnlySpan<char> letters = "ARGB";
        int next = 0;
        foreach (char letter in order.ToString())
        {
            int channel = letters.IndexOf(letter);
            if (((int)colors >> channel & 1) != 0)
                places[channel] = next++;
        }
        (a, r, g, b) = (places[0], places[1], places[2], places[3]);
    }

    [BestFriend]
    internal static class Defaults
    {
        public const ColorBits Colors = ColorBits.Rgb;
        public const ColorsOrder Order = ColorsOrder.ARGB;
        public const bool Interleave = false;
        public const bool Convert = true;
        public const float Offset = 0;
        public const float Scale = 1;
    }

    /// <summary>How one column is made.</summary>
    [BestFriend]
    internal sealed class ColumnOptions
    {
        public readonly string Name;
        public readonly string InputColumnName;
        public readonly ColorBits ColorsToExtract;
        public readonly ColorsOrder OrderOfExtraction;
        public readonly bool InterleavePixelColors;
        public readonly float OffsetImage;
        public readonly float ScaleImage;
        public readonly bool OutputAsFloatArray;

        internal readonly byte Planes;

        private const int StoredSizeWithoutOrder = (3 * sizeof(byte)) + (2 * sizeof(float));

        public ColumnOptions(
            string name,
            string inputColumnName = null,
            ColorBits colorsToExtract = Defaults.Colors,
            ColorsOrder orderOfExtraction = Defaults.Order,
            bool interleavePixelColors = Defaults.Interleave,
            float offsetImage = Defaults.Offset,
            float scaleImage = Defaults.Scale,
            bool outputAsFloatArray = Defaults.Convert)
        {
            Contracts.CheckNonWhiteSpace(name, nameof(name));
            Contracts.CheckUserArg(
                colorsToExtract != 0 && (colorsToExtract & ~ColorBits.All) == 0, nameof(colorsToExtract), "Need to use at least one color");
            Contracts.CheckUserArg(Enum.IsDefined(orderOfExtraction), nameof(orderOfExtraction), "There is no such order of colors");
            Contracts.CheckUserArg(float.IsFinite(offsetImage), nameof(offsetImage), "The offset must be finite");
            Contracts.CheckUserArg(float.IsFinite(scaleImage) && scaleImage != 0, nameof(scaleImage), "The scale must be finite and not zero");
            Contracts.CheckUserArg(
                outputAsFloatArray || (offsetImage == Defaults.Offset && scaleImage == Defaults.Scale), nameof(outputAsFloatArray),
                "Offset and scale have no meaning for bytes");
            Name = name;
            InputColumnName = inputColumnName ?? name;
            ColorsToExtract = colorsToExtract;
            OrderOfExtraction = orderOfExtraction;
            InterleavePixelColors = interleavePixelColors;
            OffsetImage = offsetImage;
            ScaleImage = scaleImage;
            OutputAsFloatArray = outputAsFloatArray;
            Planes = (byte)BitOperations.PopCount((uint)colorsToExtract);
        }

        internal ColumnOptions(string name, string inputColumnName, ModelLoadContext ctx)
        {
            bool hasOrder = ctx.Header.ModelVerWritten > ImagePixelExtractingTransformer.BeforeOrderVersion;
            ctx.CheckRemaining(StoredSizeWithoutOrder + (hasOrder ? sizeof(byte) : 0));
            Name = name;
            InputColumnName = inputColumnName;
            ColorsToExtract = (ColorBits)ctx.Reader.ReadByte();
            OrderOfExtraction = hasOrder ? (ColorsOrder)ctx.Reader.ReadByte() : Defaults.Order;
            OutputAsFloatArray = ctx.Reader.ReadBoolByte();
            OffsetImage = ctx.Reader.ReadSingle();
            ScaleImage = ctx.Reader.ReadSingle();
            InterleavePixelColors = ctx.Reader.ReadBoolByte();
            Contracts.CheckDecode(ColorsToExtract != 0 && (ColorsToExtract & ~ColorBits.All) == 0, $"There are no colors {(int)ColorsToExtract}.");
            Contracts.CheckDecode(Enum.IsDefined(OrderOfExtraction), $"There is no order {(int)OrderOfExtraction} of colors.");
            Contracts.CheckDecode(float.IsFinite(OffsetImage) && float.IsFinite(ScaleImage) && ScaleImage != 0, "Offset or scale of pixels are not usable.");
            Contracts.CheckDecode(
                OutputAsFloatArray || (OffsetImage == Defaults.Offset && ScaleImage == Defaults.Scale), "Bytes have an offset or a scale.");
            Planes = (byte)BitOperations.PopCount((uint)ColorsToExtract);
        }

        internal void Save(ModelSaveContext ctx)
        {
            ctx.Writer.Write((byte)ColorsToExtract);
            ctx.Writer.Write((byte)OrderOfExtraction);
            ctx.Writer.WriteBoolByte(OutputAsFloatArray);
            ctx.Writer.Write(OffsetImage);
            ctx.Writer.Write(ScaleImage);
            ctx.Writer.WriteBoolByte(InterleavePixelColors);
        }
    }
}
