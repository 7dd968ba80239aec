using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet.Friend;

/// <summary>Stores zipped models in ML.NET's model files, and restores them.</summary>
/*
 * Model.key, after ML.NET's header; all numbers are little-endian:
 *
 *   int32     length of the description in bytes
 *   bytes     the description: ZipModelDescription
 *   32 bytes  SHA-256 of the description
 *
 * Network, a stream beside Model.key: the network as NetworkFile writes it, with a hash of its own.
 */
internal static class ZipModelFile
{
    /// <summary>Name under which ML.NET finds <see cref="Create"/>; at most 24 characters.</summary>
    public const string LoaderSignature = "ZipItTransformer";

    /// <summary>Exactly 8 characters.</summary>
    private const string ModelSignature = "ZIPITMOD";

    private const uint Version1 = 0x00010001;
    private const uint Version2 = 0x00010002; // joint scoring by calibrated tasks
    private const string NetworkStream = "Network";
    private const string ModelStream = "Model.key";

    /// <summary>What every stream may unpack to, in bytes.</summary>
    private const long ExpansionAllowance = 2 << 20;

    private const int MostDescriptionExpansion = 4;
    private const int MostNetworkExpansion = 8;

    /// <summary>Writes a model.</summary>
    public static void Save(ModelSaveContext context, ZipTransformer transformer)
    {
        context.CheckAtModel();
        context.SetVersionInfo(GetVersionInfo(transformer.JointScoring == JointScoring.Calibrated ? Version2 : Version1));
        byte[] description = new ZipModelDescription(transformer).ToBytes();
        context.Writer.Write(description.Length);
        context.Writer.Write(description);
        context.Writer.Write(ZipModelDescription.Hash(description));
        context.SaveBinaryStream(NetworkStream, writer => NetworkFile.Save(transformer.Network, writer.BaseStream));
    }

    /// <summary>Reads a model; ML.NET calls this method by its name.</summary>
    /// <exception cref="FormatException">The model is damaged, incomplete, of another version or too large; the message says what is wrong.</exception>
    /// <exception cref="IOException">The machine could not read or unpack the model; it may be whole.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    private static ZipTransformer Create(IHostEnvironment env, ModelLoadContext context)
    {
        ArgumentNullException.ThrowIfNull(env);
        IHost host = env.Register(nameof(ZipTransformer));
        if (context is null)
            throw host.Process(new ArgumentNullException(nameof(context)));
        try
        {
            FriendMembers.Check();
        }
        catch (NotSupportedException missing)
        {
            host.Process(missing);
            throw;
        }

        return Read(host, context);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ZipTransformer Read(IHost host, ModelLoadContext context)
    {
        try
        {
            context.CheckAtModel(GetVersionInfo(Version2));
            CheckExpansion(context, ModelStream, context.Reader.BaseStream, MostDescriptionExpansion);
            ZipModelDescription description = ReadDescription(context.Reader);
            Network? network = null;
            bool isThere = context.TryLoadBinaryStream(NetworkStream, reader =>
            {
                CheckExpansion(context, NetworkStream, reader.BaseStream, MostNetworkExpansion);
                network = ReadNetwork(reader.BaseStream);
            });
            if (!isThere)
                throw new FormatException($"The stream '{NetworkStream}' is missing.");
            return description.ToTransformer(host, network!);
        }
        catch (Exception damage) when (!FileDamage.IsTrouble(damage))
        {
            throw host.Process(new FormatException($"The zipped model cannot be loaded. {damage.Message}", damage));
        }
    }

    /// <summary>Trained weights hardly compress: what unpacks to many times its size was made to fill memory.</summary>
    private static void CheckExpansion(ModelLoadContext context, string name, Stream unpacked, int most)
    {
        if (context.Repository?._entries.GetValueOrDefault(Path.Combine(context.Directory ?? "", name)) is not { } entry)
            return;
        if (unpacked.Length > ExpansionAllowance + most * entry.CompressedLength)
        {
            throw new FormatException($"The stream '{name}' unpacks from {entry.CompressedLength} to {unpacked.Length} bytes, far more than a trained model does. "
                + "If it is to be trusted, store it in an archive without compression.");
        }
    }

    private static ZipModelDescription ReadDescription(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        long available = reader.BaseStream.Length - reader.BaseStream.Position;
        if (length < 0 || length > available - ZipModelDescription.HashLength)
            throw new FormatException($"Its description claims a length of {length} bytes, {available} are left.");
        byte[] bytes = reader.ReadBytes(length);
        byte[] hash = reader.ReadBytes(ZipModelDescription.HashLength);
        if (bytes.Length != length || !hash.AsSpan().SequenceEqual(ZipModelDescription.Hash(bytes)))
            throw new FormatException("Its description is damaged: the stored hash is another one.");
        return ZipModelDescription.FromBytes(bytes);
    }

    private static Network ReadNetwork(Stream stream)
    {
        Network network = NetworkFile.Load(stream, NetworkStream);
        return stream.Position == stream.Length
            ? network
            : throw new FormatException($"The stream '{NetworkStream}' goes on behind the network, at byte {stream.Position}.");
    }

    /// <summary>A newer version gets a constant of its own and stays readable by versions that it says; this method then accepts all older ones.</summary>
    /// <param name="version">The version that is written: the first one that knows all that the model holds.</param>
    private static VersionInfo GetVersionInfo(uint version) => new(
        modelSignature: ModelSignature,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: Version1,
        loaderAssemblyName: typeof(ZipModelFile).Assembly.GetName().Name,
        loaderSignature: LoaderSignature);
}
