using System.Security.Cryptography;

namespace ZipIt.Networks;

/// <summary>
/// Stores a whole <see cref="Network"/> (graph, layers, weights, outputs) in one binary file or stream, and restores it bit for bit.
/// </summary>
/*
 * All numbers are little-endian.
 *
 *   8 bytes   "ZIPITNET"
 *   int32     format version, 1
 *   int32     number of nodes, in topological order
 *     string    name
 *     byte      kind of layer (StoredLayers)
 *     int32     number of inputs
 *     int32 …   positions of the inputs in this list, each smaller than the node's own
 *     …         tensors and attributes of the layer (StoredLayers)
 *   int32     number of outputs
 *     string    name
 *     int32     position of the node
 *   32 bytes  SHA-256 of everything before
 *
 *   string = int32 length in bytes, UTF-8;   tensor = int32 rank, int32 … extents, float32 … elements
 */
public static class NetworkFile
{
    private const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "ZIPITNET"u8;

    /// <summary>Writes a network to a file; an existing one is replaced only when the new one is complete.</summary>
    /// <param name="network">The network.</param>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ArgumentException">The network holds weights that are not finite numbers; the message names the node.</exception>
    public static void Save(Network network, string path)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => Save(network, stream));
    }

    /// <summary>Writes a network to a stream.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stream">Receives the bytes.</param>
    /// <exception cref="ArgumentException">The network holds weights that are not finite numbers; the message names the node.</exception>
    public static void Save(Network network, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(stream);
        using var writer = new HashedWriter(stream);
        writer.WriteBytes(Magic);
        writer.WriteInt32(Version);
        writer.WriteInt32(network.Nodes.Count);
        foreach (Node node in network.Nodes)
        {
            writer.WriteString(node.Name);
            writer.WriteByte(StoredLayers.NumberOf(node));
            writer.WriteInt32(node.Inputs.Count);
            foreach (Node input in node.Inputs)
                writer.WriteInt32(network.IndexOf(input));
            StoredLayers.Write(writer, node);
        }

        writer.WriteInt32(network.Heads.Count);
        foreach (Head head in network.Heads)
        {
            writer.WriteString(head.Name);
            writer.WriteInt32(network.IndexOf(head.Node));
        }

        writer.WriteHash();
    }

    /// <summary>Reads a network from a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">The file is damaged, incomplete or of another format; the message names it and the place.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Network Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        Network network = Load(stream, path);
        return stream.Position == stream.Length
            ? network
            : throw new InvalidDataException($"'{path}' goes on behind its network, at byte {stream.Position}; the file is damaged.");
    }

    /// <summary>Reads a network from a stream, which is left right behind it.</summary>
    /// <param name="stream">The stream, at the beginning of the network.</param>
    /// <param name="source">Name of the stream for messages.</param>
    /// <param name="length">
    /// Largest number of bytes that the network may take. Nothing is allocated that these bytes could not fill. Null for the rest of a
    /// stream that can seek.
    /// </param>
    /// <exception cref="InvalidDataException">The bytes are damaged, incomplete or of another format; the message names the source and the
    /// place.</exception>
    /// <exception cref="ArgumentException">The stream cannot seek and no length was given.</exception>
    public static Network Load(Stream stream, string source, long? length = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        if (!stream.CanSeek && length is null)
            throw new ArgumentException("The length is needed for a stream that cannot seek.", nameof(length));
        long available = stream.CanSeek ? stream.Length - stream.Position : length!.Value;
        using var reader = new HashedReader(stream, source, Math.Min(available, length ?? available) - SHA256.HashSizeInBytes);
        return Load(reader);
    }

    private static Network Load(HashedReader reader)
    {
        const int SmallestNode = 4 + 1 + 1 + 4;
        const int SmallestHead = 4 + 1 + 4;
        Span<byte> magic = stackalloc byte[Magic.Length];
        reader.ReadBytes(magic);
        if (!magic.SequenceEqual(Magic))
            throw reader.Fail("this is no stored network");
        int version = reader.ReadInt32();
        if (version != Version)
            throw reader.Fail($"the network is stored in format {version}; this version of the library reads format {Version}");

        var nodes = new Node[ReadCount(reader, SmallestNode, NetworkLimits.Nodes, "nodes")];
        int edges = 0;
        for (int i = 0; i < nodes.Length; i++)
            nodes[i] = ReadNode(reader, nodes.AsSpan(0, i), ref edges);
        var heads = new Head[ReadCount(reader, SmallestHead, NetworkLimits.Nodes, "outputs")];
        for (int i = 0; i < heads.Length; i++)
        {
            string name = reader.ReadString();
            int index = reader.ReadInt32();
            if ((uint)index >= (uint)nodes.Length)
                throw reader.Fail($"output '{NameList.Shorten(name)}' refers to node {index} of {nodes.Length}");
            heads[i] = new Head(name, nodes[index]);
        }

        reader.CheckHash();
        try
        {
            var network = new Network(heads);
            return network.Nodes.Count == nodes.Length
                ? network
                : throw reader.Fail($"{nodes.Length - network.Nodes.Count} nodes lead to no output");
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw reader.Fail(exception.Message.TrimEnd('.'), exception);
        }
    }

    private static int ReadCount(HashedReader reader, int smallest, int most, string what)
    {
        int count = reader.ReadCount(smallest);
        return count <= most ? count : throw reader.Fail($"expected at most {most} {what}, found {count}");
    }

    private static Node ReadNode(HashedReader reader, ReadOnlySpan<Node> earlier, ref int edges)
    {
        string name = reader.ReadString();
        byte kind = reader.ReadByte();
        var inputs = new Node[ReadCount(reader, sizeof(int), NetworkLimits.Edges - edges, "more inputs of nodes")];
        edges += inputs.Length;
        for (int i = 0; i < inputs.Length; i++)
        {
            int index = reader.ReadInt32();
            if ((uint)index >= (uint)earlier.Length)
                throw reader.Fail($"node '{NameList.Shorten(name)}' refers to node {index}, which does not stand before it");
            inputs[i] = earlier[index];
        }

        try
        {
            return new Node(name, StoredLayers.Read(reader, name, kind), inputs);
        }
        catch (ArgumentException exception)
        {
            throw reader.Fail($"node '{NameList.Shorten(name)}': {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
