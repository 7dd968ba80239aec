using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>A stored schema for ML.NET's reader, which may ask for what is not there only so often.</summary>
internal sealed class SchemaSource(byte[] content) : IMultiStreamSource
{
    public int Count => 1;

    public string? GetPathOrNull(int index) => null;

    public Stream Open(int index) => new EndingStream(content);

    public TextReader OpenTextReader(int index) => new StreamReader(Open(index));

    /// <summary>Ends the reading when it has gone on behind the end, or over the same bytes, more often than any schema needs.</summary>
    private sealed class EndingStream(byte[] content) : MemoryStream(content, writable: false)
    {
        private const int MostReadsBehindTheEnd = 64;
        private const int MostReadsOfAByte = 64;

        private readonly long _most = (long)MostReadsOfAByte * content.Length;
        private long _given;
        private int _empty;

        // A derived stream's other ways to read lead here.
        public override int Read(byte[] buffer, int offset, int count) => CountBytes(base.Read(buffer, offset, count), count);

        public override int ReadByte()
        {
            int value = base.ReadByte();
            CountBytes(value < 0 ? 0 : 1, 1);
            return value;
        }

        private int CountBytes(int given, int wanted)
        {
            _given += given;
            if (given == 0 && wanted > 0 && ++_empty > MostReadsBehindTheEnd || _given > _most)
                throw new EndOfStreamException("Its schema is damaged: it refers to what is not there.");
            return given;
        }
    }
}
