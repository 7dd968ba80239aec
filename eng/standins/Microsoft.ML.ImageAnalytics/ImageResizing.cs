using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

[assembly: LoadableClass(
    ImageResizingTransformer.Summary, typeof(ImageResizingTransformer), null, typeof(SignatureLoadModel), ImageResizingTransformer.UserName,
    ImageResizingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms.Image;

/// <summary>Fits images into one size.</summary>
public sealed class ImageResizingTransformer : OneToOneTransformerBase
{
    internal const string Summary =
        "Scales an image to specified dimensions using one of the three scale types: isotropic with padding, isotropic with cropping or anisotropic. In case of isotropic padding, transparent color is used to pad resulting image.";

    internal const string UserName = "Image Resizer Transform";
    internal const string LoaderSignature = "ImageScalerTransform";

    private const int StoredColumnSize = sizeof(int) + sizeof(int) + sizeof(byte) + sizeof(byte);

    private readonly ImageResizingEstimator.ColumnOptions[] _columns;

    internal ImageResizingTransformer(IHostEnvironment env, params ImageResizingEstimator.ColumnOptions[] columns)
        : base(
            Contracts.CheckRef(env, nameof(env)).Register(nameof(ImageResizingTransformer)),
            [.. columns.Select(column => (column.Name, column.InputColumnName))])
    {
        _columns = columns;
    }

    internal ImageResizingTransformer(
        IHostEnvironment env,
        string outputColumnName,
        int imageWidth,
        int imageHeight,
        string inputColumnName = null,
        ImageResizingEstimator.ResizingKind resizing = ImageResizingEstimator.Defaults.Resizing,
        ImageResizingEstimator.Anchor cropAnchor = ImageResizingEstimator.Defaults.CropAnchor)
        : this(env, new ImageResizingEstimator.ColumnOptions(outputColumnName, imageWidth, imageHeight, inputColumnName, resizing, cropAnchor))
    {
    }

    // Format: columns; for each, int width, int height, byte kind, byte anchor.
    private ImageResizingTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
        ctx.CheckRemaining(StoredColumnSize * ColumnPairs.Length);
        _columns = new ImageResizingEstimator.ColumnOptions[ColumnPairs.Length];
        for (int i = 0; i < _columns.Length; i++)
        {
            int width = ctx.Reader.ReadInt32();
            int height = ctx.Reader.ReadInt32();
            var kind = (ImageResizingEstimator.ResizingKind)ctx.Reader.ReadByte();
            var anchor = (ImageResizingEstimator.Anchor)ctx.Reader.ReadByte();
            Host.CheckDecode(width > 0 && height > 0 && (long)width * height <= int.MaxValue / 4, $"Images cannot be resized to {width}x{height} pixels.");
            Host.CheckDecode(Enum.IsDefined(kind), $"There is no kind {(int)kind} of resizing.");
            Host.CheckDecode(Enum.IsDefined(anchor), $"There is no anchor {(int)anchor}.");
            _columns[i] = new ImageResizingEstimator.ColumnOptions(
                ColumnPairs[i].outputColumnName, width, height, ColumnPairs[i].inputColumnName, kind, anchor);
        }
    }

    internal IReadOnlyCollection<ImageResizingEstimator.ColumnOptions> Columns => _columns;

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
        if (inputSchema[srcCol].Type is not ImageDataViewType)
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", _columns[col].InputColumnName, "image", inputSchema[srcCol].Type.ToString());
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        SaveColumns(ctx);
        foreach (ImageResizingEstimator.ColumnOptions column in _columns)
        {
            ctx.Writer.Write(column.ImageWidth);
            ctx.Writer.Write(column.ImageHeight);
            ctx.Writer.Write((byte)column.Resizing);
            ctx.Writer.Write((byte)column.Anchor);
        }
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static ImageResizingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        return new ImageResizingTransformer(env.Register(nameof(ImageResizingTransformer)), ctx);
    }

    private static VersionInfo GetVersionInfo() =>
        new("IMGSCALF", 0x00010003, 0x00010003, 0x00010003, AssemblyNames.ImageAnalytics, LoaderSignature);

    private sealed class Mapper(ImageResizingTransformer parent, DataViewSchema inputSchema)
        : OneToOneMapperBase(parent.Host.Register(nameof(Mapper)), parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
            [.. parent._columns.Select(column => new DataViewSchema.DetachedColumn(column.Name, column.Type))];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            ImageResizingEstimator.ColumnOptions column = parent._columns[iinfo];
            ValueGetter<MLImage> getSource = input.GetGetter<MLImage>(InputSchema[ColMapNewToOld[iinfo]]);
            MLImage source = null;
            disposer = null;
            return (ValueGetter<MLImage>)((ref MLImage value) =>
            {
                value?.Dispose();
                value = null;
                getSource(ref source);
                if (source == null)
                    return;

                // An image that already has the size is handed on as it is, not copied.
                if (source.Width == column.ImageWidth && source.Height == column.ImageHeight)
                {
                    value = source;
                    return;
                }
                value = source.CloneWithResizing(column.ImageWidth, column.ImageHeight, column.Mode());
                value.Tag = source.Tag;
            });
        }
    }
}

/// <summary>Fits images into one size.</summary>
public sealed class ImageResizingEstimator : TrivialEstimator<ImageResizingTransformer>
{
    internal ImageResizingEstimator(
        IHostEnvironment env,
        string outputColumnName,
        int imageWidth,
        int imageHeight,
        string inputColumnName = null,
        ResizingKind resizing = Defaults.Resizing,
        Anchor cropAnchor = Defaults.CropAnchor)
        : this(env, new ColumnOptions(outputColumnName, imageWidth, imageHeight, inputColumnName, resizing, cropAnchor))
    {
    }

    internal ImageResizingEstimator(IHostEnvironment env, params ColumnOptions[] columns)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ImageResizingEstimator)), new ImageResizingTransformer(env, columns))
    {
    }

    /// <summary>How the proportions of an image are treated.</summary>
    public enum ResizingKind : byte
    {
        /// <summary>They are kept; what remains free is padded.</summary>
        IsoPad = 0,

        /// <summary>They are kept; what does not fit is cropped.</summary>
        IsoCrop = 1,

        /// <summary>They are changed.</summary>
        Fill = 2,
    }

    /// <summary>Which side of an image is kept when it is cropped.</summary>
    public enum Anchor : byte
    {
        /// <summary>The right side.</summary>
        Right = 0,

        /// <summary>The left side.</summary>
        Left = 1,

        /// <summary>The top.</summary>
        Top = 2,

        /// <summary>The bottom.</summary>
        Bottom = 3,

        /// <summary>The centre.</summary>
        Center = 4,
    }

    /// <inheritdoc/>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Dictionary<string, ColumnOptions> byName = Transformer.Columns.ToDictionary(column => column.Name);
        return ColumnShapes.MapEach(
            Host,
            inputSchema,
            Transformer.ColumnPairs,
            new ImageDataViewType().ToString(),
            column => column.ItemType is ImageDataViewType && column.Kind == SchemaShape.Column.VectorKind.Scalar,
            (name, _) => new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Scalar, byName[name].Type, false));
    }

    internal static class Defaults
    {
        public const ResizingKind Resizing = ResizingKind.IsoCrop;
        public const Anchor CropAnchor = Anchor.Center;
    }

    /// <summary>How one column is resized.</summary>
    [BestFriend]
    internal sealed class ColumnOptions
    {
        public readonly string Name;
        public readonly string InputColumnName;
        public readonly int ImageWidth;
        public readonly int ImageHeight;
        public readonly ResizingKind Resizing;
        public readonly Anchor Anchor;
        public readonly DataViewType Type;

        public ColumnOptions(
            string name,
            int imageWidth,
            int imageHeight,
            string inputColumnName = null,
            ResizingKind resizing = Defaults.Resizing,
            Anchor anchor = Defaults.CropAnchor)
        {
            Contracts.CheckNonEmpty(name, nameof(name));
            Contracts.CheckUserArg(imageWidth > 0, nameof(imageWidth));
            Contracts.CheckUserArg(imageHeight > 0, nameof(imageHeight));
            Contracts.CheckUserArg(Enum.IsDefined(resizing), nameof(resizing));
            Contracts.CheckUserArg(Enum.IsDefined(anchor), nameof(anchor));
            Name = name;
            InputColumnName = inputColumnName ?? name;
            ImageWidth = imageWidth;
            ImageHeight = imageHeight;
            Resizing = resizing;
            Anchor = anchor;
            Type = new ImageDataViewType(imageHeight, imageWidth);
        }
    }
}
