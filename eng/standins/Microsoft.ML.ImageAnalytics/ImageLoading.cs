using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

[assembly: LoadableClass(
    ImageLoadingTransformer.Summary, typeof(ImageLoadingTransformer), null, typeof(SignatureLoadModel), ImageLoadingTransformer.UserName,
    ImageLoadingTransformer.LoaderSignature)]

namespace Microsoft.ML.Data;

/// <summary>Loads images, or the bytes of files, from paths.</summary>
public sealed class ImageLoadingTransformer : OneToOneTransformerBase
{
    internal const string Summary = "Load images from files.";
    internal const string UserName = "Image Loader Transform";
    internal const string LoaderSignature = "ImageLoaderTransform";

    /// <summary>The folder that relative paths start from, null for the current one.</summary>
    public readonly string ImageFolder;

    private readonly bool _loadsImages;
    private readonly DataViewType _outputType;

    internal ImageLoadingTransformer(IHostEnvironment env, string imageFolder = null, params (string outputColumnName, string inputColumnName)[] columns)
        : this(env, imageFolder, true, columns)
    {
    }

    internal ImageLoadingTransformer(
        IHostEnvironment env, string imageFolder = null, bool type = true, params (string outputColumnName, string inputColumnName)[] columns)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ImageLoadingTransformer)), columns)
    {
        ImageFolder = imageFolder;
        _loadsImages = type;
        _outputType = LoadedFiles.TypeOf(type);
    }

    // Format: columns; int string number of the folder or -1; byte 1 for images, 0 for bytes.
    private ImageLoadingTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
        ctx.CheckRemaining(sizeof(int) + sizeof(byte));
        ImageFolder = ctx.LoadStringOrNull();
        _loadsImages = ctx.Reader.ReadBoolByte();
        _outputType = LoadedFiles.TypeOf(_loadsImages);
    }

    internal IReadOnlyCollection<(string outputColumnName, string inputColumnName)> Columns => ColumnPairs;

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int col, int srcCol)
    {
        if (inputSchema[srcCol].Type is not TextDataViewType)
        {
            throw Host.ExceptSchemaMismatch(
                nameof(inputSchema), "input", ColumnPairs[col].inputColumnName, TextDataViewType.Instance.ToString(), inputSchema[srcCol].Type.ToString());
        }
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        SaveColumns(ctx);
        ctx.SaveStringOrNull(ImageFolder);
        ctx.Writer.Write((byte)(_loadsImages ? 1 : 0));
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static ImageLoadingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        return new ImageLoadingTransformer(env.Register(nameof(ImageLoadingTransformer)), ctx);
    }

    private static VersionInfo GetVersionInfo() =>
        new("IMGLOADR", 0x00010003, 0x00010003, 0x00010003, AssemblyNames.ImageAnalytics, LoaderSignature);

    private MLImage Load(string path)
    {
        string full = PathOf(path);
        using var bytes = new MemoryStream(File.ReadAllBytes(full));
        try
        {
            MLImage image = MLImage.CreateFromStream(bytes);
            image.Tag = full;
            return image;
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"The image '{full}' cannot be read: {e.InnerException?.Message ?? e.Message}", "imageStream", e);
        }
    }

    private string PathOf(string path) => string.IsNullOrWhiteSpace(ImageFolder) ? path : Path.Combine(ImageFolder, path);

    private sealed class Mapper(ImageLoadingTransformer parent, DataViewSchema inputSchema)
        : OneToOneMapperBase(parent.Host.Register(nameof(Mapper)), parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
            [.. parent.ColumnPairs.Select(pair => new DataViewSchema.DetachedColumn(pair.outputColumnName, parent._outputType))];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            ValueGetter<ReadOnlyMemory<char>> getPath = input.GetGetter<ReadOnlyMemory<char>>(InputSchema[ColMapNewToOld[iinfo]]);
            ReadOnlyMemory<char> path = default;
            if (!parent._loadsImages)
            {
                disposer = null;
                return (ValueGetter<VBuffer<byte>>)((ref VBuffer<byte> value) =>
                {
                    getPath(ref path);
                    byte[] bytes = path.IsEmpty ? [] : File.ReadAllBytes(parent.PathOf(path.ToString()));
                    value = new VBuffer<byte>(bytes.Length, bytes);
                });
            }
            MLImage last = null;
            disposer = () => last?.Dispose();
            return (ValueGetter<MLImage>)((ref MLImage value) =>
            {
                value?.Dispose();
                value = null;
                getPath(ref path);
                if (!path.IsEmpty)
                    value = parent.Load(path.ToString());
                last = value;
            });
        }
    }
}

/// <summary>Loads images, or the bytes of files, from paths.</summary>
public sealed class ImageLoadingEstimator : TrivialEstimator<ImageLoadingTransformer>
{
    private readonly DataViewType _outputType;

    internal ImageLoadingEstimator(IHostEnvironment env, string imageFolder, params (string outputColumnName, string inputColumnName)[] columns)
        : this(env, new ImageLoadingTransformer(env, imageFolder, columns))
    {
    }

    internal ImageLoadingEstimator(
        IHostEnvironment env, string imageFolder, bool type = true, params (string outputColumnName, string inputColumnName)[] columns)
        : this(env, new ImageLoadingTransformer(env, imageFolder, type, columns), type)
    {
    }

    internal ImageLoadingEstimator(IHostEnvironment env, ImageLoadingTransformer transformer, bool type = true)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ImageLoadingEstimator)), transformer)
    {
        _outputType = LoadedFiles.TypeOf(type);
    }

    /// <inheritdoc/>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        SchemaShape.GetColumnTypeShape(_outputType, out SchemaShape.Column.VectorKind kind, out DataViewType itemType, out _);
        return ColumnShapes.MapEach(
            Host,
            inputSchema,
            Transformer.Columns,
            TextDataViewType.Instance.ToString(),
            column => column.ItemType is TextDataViewType && column.Kind == SchemaShape.Column.VectorKind.Scalar,
            (name, _) => new SchemaShape.Column(name, kind, itemType, false));
    }
}

/// <summary>What is made of the files.</summary>
internal static class LoadedFiles
{
    /// <summary>Images of any size, or the bytes of the files.</summary>
    public static DataViewType TypeOf(bool isImage) => isImage ? new ImageDataViewType() : new VectorDataViewType(NumberDataViewType.Byte);
}
