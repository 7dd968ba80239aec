using System.Buffers.Binary;

namespace WebApi;

/// <summary>
/// Reads all codes of a JPEG file, without making pixels of them (ITU-T T.81: annex F, and G for progressive pictures). A decoder fills with grey what is
/// missing and goes on behind what it cannot read; a picture that is classified must be whole.
/// </summary>
internal sealed class JpegScans
{
    /// <summary>More passes over a picture than any program writes; each takes time with the number of pixels, however short it is.</summary>
    private const int MostScans = 100;

    private const int Tables = 4;

    private readonly JpegCodes?[] _dcCodes = new JpegCodes?[Tables];
    private readonly JpegCodes?[] _acCodes = new JpegCodes?[Tables];
    private JpegComponent[] _components = [];
    private (int Across, int Down) _units;
    private int _restartInterval;
    private bool _isProgressive;

    // The scan that is read.
    private (JpegComponent Component, JpegCodes? Dc, JpegCodes? Ac)[] _scan = [];
    private int _first;
    private int _last;
    private bool _refines;
    private int _emptyBlocks;

    private JpegScans()
    {
    }

    /// <summary>Makes sure that all pixels are there.</summary>
    /// <param name="file">A file whose segments <see cref="ImageFileCheck"/> has found whole.</param>
    /// <exception cref="RejectedImageException">They are not, or the file is of a kind that is not supported.</exception>
    public static void Check(ReadOnlySpan<byte> file) => new JpegScans().Read(file[2..]);

    /// <summary>What is wrong with a picture.</summary>
    public static RejectedImageException Reject(string what) => new(StatusCodes.Status400BadRequest, $"The JPEG image is damaged: {what}.");

    private void Read(ReadOnlySpan<byte> segments)
    {
        int scans = 0;
        while (true)
        {
            while (segments.Length > 1 && segments[0] == 0xFF && segments[1] == 0xFF)
                segments = segments[1..];
            if (segments.Length < 2 || segments[0] != 0xFF)
                throw Reject("a marker is missing");
            byte marker = segments[1];
            if (marker == 0xD9)
                break;
            int length = segments.Length < 4 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(segments[2..]);
            if (length < 2 || length > segments.Length - 2)
                throw Reject("it is cut off");
            ReadOnlySpan<byte> content = segments[4..(2 + length)];
            segments = segments[(2 + length)..];
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2:
                    ReadFrame(content, isProgressive: marker == 0xC2);
                    break;
                case 0xC4:
                    ReadTables(content);
                    break;
                case >= 0xC3 and <= 0xCF and not 0xC8:
                    throw new RejectedImageException(StatusCodes.Status400BadRequest,
                        "The JPEG image is of a kind that is not supported: lossless, hierarchical or arithmetic.");
                case 0xDD:
                    _restartInterval = content.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(content);
                    break;
                case 0xDA:
                    if (++scans > MostScans)
                        throw Reject($"it has more than {MostScans} passes");
                    ReadScanHeader(content);
                    segments = ReadScan(segments);
                    break;
            }
        }

        if (_components.Length == 0 || _components.Any(component => component.Finished != ulong.MaxValue))
            throw Reject("pixels are missing");
    }

    private void ReadFrame(ReadOnlySpan<byte> content, bool isProgressive)
    {
        if (_components.Length > 0 || content.Length < 6 || content[0] != 8 || content[5] is < 1 or > 4 || content.Length < 6 + 3 * content[5])
            throw Reject("its frame makes no sense");
        int height = BinaryPrimitives.ReadUInt16BigEndian(content[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(content[3..]);
        ReadOnlySpan<byte> parts = content.Slice(6, 3 * content[5]);
        int mostAcross = 1, mostDown = 1;
        for (int i = 0; i < parts.Length; i += 3)
        {
            (int across, int down) = (parts[i + 1] >> 4, parts[i + 1] & 15);
            if (across is < 1 or > 4 || down is < 1 or > 4)
                throw Reject("its frame makes no sense");
            (mostAcross, mostDown) = (Math.Max(mostAcross, across), Math.Max(mostDown, down));
        }

        _isProgressive = isProgressive;
        _units = (Divide(width, 8 * mostAcross), Divide(height, 8 * mostDown));
        _components = new JpegComponent[content[5]];
        for (int i = 0; i < _components.Length; i++)
        {
            (int across, int down) = (parts[3 * i + 1] >> 4, parts[3 * i + 1] & 15);
            _components[i] = new JpegComponent
            {
                Id = parts[3 * i],
                UnitBlocks = (across, down),
                Blocks = (Divide(Divide(width * across, mostAcross), 8), Divide(Divide(height * down, mostDown), 8)),
                Stride = _units.Across * across,
                BlockCount = _units.Across * across * _units.Down * down,
            };
        }
    }

    private void ReadTables(ReadOnlySpan<byte> content)
    {
        while (content.Length > JpegCodes.LongestCode)
        {
            (int kind, int index) = (content[0] >> 4, content[0] & 15);
            ReadOnlySpan<byte> counts = content.Slice(1, JpegCodes.LongestCode);
            int total = 0;
            foreach (byte count in counts)
                total += count;
            content = content[(1 + JpegCodes.LongestCode)..];
            if (kind > 1 || index >= Tables || total > content.Length)
                throw Reject("a table of codes makes no sense");
            (kind == 0 ? _dcCodes : _acCodes)[index] = new JpegCodes(counts, content[..total]);
            content = content[total..];
        }
    }

    private void ReadScanHeader(ReadOnlySpan<byte> content)
    {
        int count = content.Length < 1 ? 0 : content[0];
        if (count is < 1 or > 4 || content.Length < 4 + 2 * count)
            throw Reject("the head of a pass makes no sense");
        ReadOnlySpan<byte> band = content[(1 + 2 * count)..];
        (_first, _last, _refines, _emptyBlocks) = (band[0], band[1], band[2] >> 4 != 0, 0);
        if (!_isProgressive)
            (_first, _last, _refines) = (0, JpegComponent.Coefficients - 1, false);
        bool isBand = _first <= _last && _last < JpegComponent.Coefficients && (!_isProgressive || (_first == 0 ? _last == 0 : count == 1));
        if (!isBand)
            throw Reject("the head of a pass makes no sense");

        _scan = new (JpegComponent, JpegCodes?, JpegCodes?)[count];
        ulong coefficients = _last - _first == 63 ? ulong.MaxValue : ((1UL << (_last - _first + 1)) - 1) << _first;
        for (int i = 0; i < count; i++)
        {
            byte id = content[1 + 2 * i], tables = content[2 + 2 * i];
            JpegComponent component = Array.Find(_components, component => component.Id == id) ?? throw Reject("a pass is for what is not there");
            _scan[i] = (component, _dcCodes.ElementAtOrDefault(tables >> 4), _acCodes.ElementAtOrDefault(tables & 15));
            bool hasCodes = _refines && _first == 0 || (_first > 0 || _scan[i].Dc is not null) && (_last == 0 || _scan[i].Ac is not null);
            if (!hasCodes)
                throw Reject("a table of codes is missing");
            if (!_isProgressive || (band[2] & 15) == 0)
                component.Finished |= coefficients;
        }
    }

    /// <summary>Reads the codes of a pass, and gives what stands behind it.</summary>
    private ReadOnlySpan<byte> ReadScan(ReadOnlySpan<byte> data)
    {
        var bits = new JpegBits(data);
        bool isAlone = _scan.Length == 1;
        (int across, int down) = isAlone ? _scan[0].Component.Blocks : _units;
        int units = across * down;
        for (int unit = 0; unit < units; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0)
            {
                bits.SkipMarker((byte)(0xD0 + (unit / _restartInterval - 1) % 8));
                _emptyBlocks = 0;
            }

            (int y, int x) = Math.DivRem(unit, across);
            foreach ((JpegComponent component, JpegCodes? dc, JpegCodes? ac) in _scan)
            {
                (int blocksAcross, int blocksDown) = isAlone ? (1, 1) : component.UnitBlocks;
                for (int block = 0; block < blocksAcross * blocksDown; block++)
                {
                    int row = y * blocksDown + block / blocksAcross, column = x * blocksAcross + block % blocksAcross;
                    ReadBlock(ref bits, component, row * component.Stride + column, dc, ac);
                }
            }
        }

        return bits.End();
    }

    private void ReadBlock(ref JpegBits bits, JpegComponent component, int block, JpegCodes? dc, JpegCodes? ac)
    {
        if (_first == 0)
            bits.Read(_refines ? 1 : Size(bits.Read(dc!)));
        if (_last == 0)
            return;
        if (_refines)
            RefineBand(ref bits, ref component.Seen[block], ac!);
        else
            ReadBand(ref bits, component, block, ac!);

        static int Size(int symbol) => symbol <= 15 ? symbol : throw Reject("it has a code that no table knows");
    }

    /// <summary>Coefficients with their sizes and the zeros between them, up to the end of the block, or of a number of blocks.</summary>
    private void ReadBand(ref JpegBits bits, JpegComponent component, int block, JpegCodes codes)
    {
        if (_emptyBlocks > 0)
        {
            _emptyBlocks--;
            return;
        }

        for (int k = Math.Max(_first, 1); k <= _last; k++)
        {
            (int zeros, int size) = Math.DivRem(bits.Read(codes), 16);
            if (size == 0 && zeros < 15)
            {
                ReadEmptyBlocks(ref bits, zeros);
                _emptyBlocks--;
                return;
            }

            k += zeros;
            if (k > _last)
                throw Reject("a block has too many pixels");
            bits.Read(size);
            if (size > 0 && _isProgressive)
                component.Seen[block] |= 1UL << k;
        }
    }

    /// <summary>A bit more for each coefficient that is not 0, and new ones between them.</summary>
    private void RefineBand(ref JpegBits bits, ref ulong seen, JpegCodes codes)
    {
        int k = _first;
        while (_emptyBlocks == 0 && k <= _last)
        {
            (int zeros, int size) = Math.DivRem(bits.Read(codes), 16);
            if (size > 1)
                throw Reject("it has a code that no table knows");
            if (size == 0 && zeros < 15)
            {
                ReadEmptyBlocks(ref bits, zeros);
                break;
            }

            bits.Read(size);
            for (; k <= _last; k++)
            {
                if ((seen >> k & 1) != 0)
                    bits.Read(1);
                else if (zeros-- == 0)
                    break;
            }

            if (size == 1 && k > _last)
                throw Reject("a block has too many pixels");
            if (size == 1)
                seen |= 1UL << k;
            k++;
        }

        if (_emptyBlocks == 0)
            return;
        for (; k <= _last; k++)
        {
            if ((seen >> k & 1) != 0)
                bits.Read(1);
        }

        _emptyBlocks--;
    }

    /// <summary>Number of blocks that end here, this one included; in a sequential picture it is always this one.</summary>
    private void ReadEmptyBlocks(ref JpegBits bits, int exponent)
    {
        if (exponent > 0 && !_isProgressive)
            throw Reject("it has a code that no table knows");
        _emptyBlocks = (1 << exponent) + bits.Read(exponent);
    }

    private static int Divide(int value, int by) => (value + by - 1) / by;
}
